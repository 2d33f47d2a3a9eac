-- A delivery is claimed for half a minute before it is sent, so that two workers never send it at once.
alter table notifications.delivery add column claimed_until timestamptz;
