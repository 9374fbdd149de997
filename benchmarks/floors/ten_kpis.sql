-- Hand-written: ten KPIs by channel and local month, in one scan of the store's interactions.
--
-- Each KPI is dated by its own column (begun, queued, ended), so the scan groups by the three months at once: nearly all
-- rows have the same one thrice, and some hundred groups remain to be added up per date.
with hours as materialized (
  -- one conversion per hour of the data, not one per row
  select hour, date_trunc('month', timezone('Europe/Paris', timezone('UTC', hour))) as month
  from generate_series(timestamp '2025-12-31 00:00:00', timestamp '2027-01-02 00:00:00', interval 1 hour) as h(hour)
), judged as (
  select *,
    -- until somebody answered: wait_s goes on in the queues that a contact is transferred to
    coalesce(case when answered_at >= queued_at
      then epoch(answered_at)::decimal(18, 3) - epoch(queued_at)::decimal(18, 3) end, wait_s) as first_s,
    direction = 'inbound' and excluded = '' as asked,
    -- a callback answers a customer, whoever the tool says began it
    case channel when 'callback' then direction <> 'internal' else direction = 'inbound' end and excluded = '' as ours,
    direction = 'inbound' and excluded = '' and outcome = 'handled' as served,
    ours and case when channel in ('email', 'social', 'messaging') then answered_at is not null
      else outcome = 'handled' end as worked_on,
    direction = 'inbound' and excluded = '' and coalesce(outcome, '') <> 'blocked'
      and channel in ('phone', 'chat', 'callback') as offered
  from interactions
), counted as (
  select channel, begun.month as begun, queued.month as queued, ended.month as ended,
    count_if(asked and kind = 'contact') as received,
    count_if(ours and case when channel in ('email', 'social', 'messaging', 'sms', 'mail') then answered_at is not null
      when channel in ('phone', 'chat', 'video', 'callback', 'agency') then outcome = 'handled' end) as handled,
    count_if(offered) as offered,
    count_if(offered and outcome = 'handled') as answered,
    count_if(offered and outcome = 'handled' and first_s <= 20) as in_time,
    count_if(offered and outcome = 'abandoned' and wait_s >= 5) as abandoned,
    sum(case when served and channel in ('phone', 'chat') then first_s end) as waited,
    count_if(served and channel in ('phone', 'chat')) as waiting,
    sum(case when worked_on then talk_s + coalesce(hold_s, 0) + coalesce(acw_s, 0) end) as worked,
    count_if(worked_on) as served,
    count_if(served and channel in ('phone', 'chat') and transfers >= 1) as transferred,
    count_if(kind = 'visit' and asked) as visits
  from judged
  left join hours as begun on begun.hour = date_trunc('hour', started_at)
  left join hours as queued on queued.hour = date_trunc('hour', queued_at)
  left join hours as ended on ended.hour = date_trunc('hour', ended_at)
  group by all
), by_begin as (
  select channel, begun as month, sum(received) as received, sum(handled) as handled, sum(visits) as visits
  from counted group by all
), by_queue as (
  select channel, queued as month, sum(offered) as offered, sum(answered) as answered, sum(in_time) as in_time,
    sum(abandoned) as abandoned, sum(waited) as waited, sum(waiting) as waiting
  from counted where queued is not null group by all
), by_end as (
  select channel, ended as month, sum(worked) as worked, sum(served) as served, sum(transferred) as transferred,
    sum(waiting) as waiting
  from counted where ended is not null group by all
)
select strftime(month, '%Y-%m-%d') as period_start, channel,
  received, handled, offered,
  answered / nullif(answered + abandoned, 0) as answer_rate,
  in_time / nullif(answered + abandoned, 0) as service_level,
  abandoned / nullif(answered + abandoned, 0) as abandonment_rate,
  waited / nullif(by_queue.waiting, 0)::double as speed_of_answer,
  worked / nullif(served, 0)::double as handle_time,
  transferred / nullif(by_end.waiting, 0) as transfer_rate,
  visits
from by_begin
full join by_queue using (channel, month)
full join by_end using (channel, month)
order by month, channel
