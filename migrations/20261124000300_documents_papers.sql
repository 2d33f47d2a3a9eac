-- Identity papers: what was measured and where the sealed copy lies; never the content, never a file name.
create table documents.document (
    document_id     uuid        not null,
    user_id         uuid        not null,
    kind            text        not null,
    status          text        not null,
    object_key      text        not null,
    content_index   bytea       not null,
    width           integer     not null,
    height          integer     not null,
    stored_bytes    integer     not null,
    sharpness       bigint      not null,
    glare_ppm       bigint      not null,
    brightness      smallint    not null,
    short_side      bigint      not null,
    received_at     timestamptz not null,
    status_at       timestamptz not null,
    constraint document_pkey primary key (document_id),
    constraint document_user_fkey foreign key (user_id) references auth.account (user_id),
    constraint document_object_key unique (object_key),
    constraint document_kind_check check (kind in ('ktp', 'selfie', 'income_proof')),
    constraint document_status_check check (status in ('received', 'accepted', 'retake', 'replaced'))
);
create unique index document_current_key on documents.document (user_id, kind)
    where status in ('received', 'accepted') and kind <> 'income_proof';
create index document_user_index on documents.document (user_id, received_at desc);

create table documents.view (
    view_id      uuid        not null,
    document_id  uuid        not null,
    viewer_id    uuid        not null,
    reason       text        not null,
    viewed_at    timestamptz not null,
    constraint view_pkey primary key (view_id),
    constraint view_document_fkey foreign key (document_id) references documents.document (document_id),
    constraint view_reason_check check (reason <> '')
);
create index view_viewer_index on documents.view (viewer_id, viewed_at);
