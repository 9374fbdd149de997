-- Hand-written: two KPIs by channel and local month of a small store.
with counted as (
  select date_trunc('month', timezone('Europe/Paris', timezone('UTC', queued_at))) as month, channel,
    count_if(outcome = 'handled') as answered,
    count_if(outcome = 'handled' and coalesce(case when answered_at >= queued_at
      then epoch(answered_at)::decimal(18, 3) - epoch(queued_at)::decimal(18, 3) end, wait_s) <= 20) as in_time,
    count_if(outcome = 'handled' or (outcome = 'abandoned' and wait_s >= 5)) as asked
  from interactions
  where direction = 'inbound' and excluded = '' and channel in ('phone', 'chat', 'callback') and queued_at is not null
  group by all
)
select strftime(month, '%Y-%m-%d') as period_start, channel, answered / nullif(asked, 0) as answer_rate,
  in_time / nullif(asked, 0) as service_level
from counted order by all
