-- Hand-written: the answer rate by channel and local month. Hours are turned into months once they are few.
select strftime(timezone('Europe/Paris', timezone('UTC', hour)), '%Y-%m-01') as month, channel,
  sum(answered) / nullif(sum(answered) + sum(abandoned), 0) as value
from (
  select date_trunc('hour', queued_at) as hour, channel,
    count_if(outcome = 'handled') as answered,
    count_if(outcome = 'abandoned' and wait_s >= 5) as abandoned
  from interactions
  where direction = 'inbound' and excluded = '' and coalesce(outcome, '') <> 'blocked'
    and channel in ('phone', 'chat', 'callback') and queued_at is not null
  group by all
) as hourly
group by all
