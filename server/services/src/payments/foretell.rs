//! What would happen: ways out with their preview, and "what if". Enters: a loan of the asker, a question. Leaves: the
//! answer of the very code that services the loan; nothing is stored.

use super::{Payments, queries, scope};
use crate::failure::{Failure, Fallible};
use domain::{
    Actor, Error, Refusal,
    id::LoanId,
    payments::{
        hardship::{self, HardshipError, HardshipPreview, HardshipRules},
        servicing::Hardship,
        what_if::{WhatIf, WhatIfAnswer, WhatIfError, what_if},
    },
};

/// The rule of a way out, for the form.
pub(super) fn fault(no: HardshipError) -> Error {
    Error::fault(no.field(), no.code(), no.to_string())
}

impl Payments {
    pub(super) async fn foretell_ways_out(&self, actor: &Actor, loan_id: LoanId) -> Fallible<Vec<HardshipPreview>> {
        let mut connection = self.core.db.acquire().await?;
        let (contract, events) = queries::get_history(&mut connection, loan_id, scope(actor)?).await?;
        let today = self.moment().today;
        hardship::offers(&contract, &events, today, HardshipRules::SANGGUP).map_err(Failure::broken)
    }

    pub(super) async fn foretell_way_out(
        &self,
        actor: &Actor,
        loan_id: LoanId,
        option: Hardship,
    ) -> Fallible<HardshipPreview> {
        let mut connection = self.core.db.acquire().await?;
        let (contract, events) = queries::get_history(&mut connection, loan_id, scope(actor)?).await?;
        let today = self.moment().today;
        let preview = hardship::preview(&contract, &events, option, today, HardshipRules::SANGGUP);
        Ok(preview.map_err(Failure::broken)?.map_err(fault)?)
    }

    pub(super) async fn foretell(&self, actor: &Actor, loan_id: LoanId, question: WhatIf) -> Fallible<WhatIfAnswer> {
        let mut connection = self.core.db.acquire().await?;
        let (contract, events) = queries::get_history(&mut connection, loan_id, scope(actor)?).await?;
        let answer = what_if(
            &contract,
            &events,
            self.moment().today,
            question,
            HardshipRules::SANGGUP,
        );
        answer.map_err(|error| match error {
            WhatIfError::Servicing(error) => Failure::broken(error),
            WhatIfError::Hardship(no) => fault(no).into(),
            WhatIfError::NothingOwed => Refusal::AlreadyPaid.into(),
            WhatIfError::Date => Error::fault("date", "out_of_range", error.to_string()).into(),
            WhatIfError::Amount => Error::fault("amount", "out_of_range", error.to_string()).into(),
        })
    }
}
