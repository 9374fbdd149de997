-- Hand-written: the ten KPIs of `ten_kpis.sql` by channel and day of UTC, which costs no conversion at all.
with judged as (
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
  select channel, date_trunc('day', started_at) as begun, date_trunc('day', queued_at) as queued,
    date_trunc('day', ended_at) as ended,
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
  group by all
), by_begin as (
  select channel, begun as day, sum(received) as received, sum(handled) as handled, sum(visits) as visits
  from counted group by all
), by_queue as (
  select channel, queued as day, sum(offered) as offered, sum(answered) as answered, sum(in_time) as in_time,
    sum(abandoned) as abandoned, sum(waited) as waited, sum(waiting) as waiting
  from counted where queued is not null group by all
), by_end as (
  select channel, ended as day, sum(worked) as worked, sum(served) as served, sum(transferred) as transferred,
    sum(waiting) as waiting
  from counted where ended is not null group by all
)
select strftime(day, '%Y-%m-%d') as period_start, channel,
  received, handled, offered,
  answered / nullif(answered + abandoned, 0) as answer_rate,
  in_time / nullif(answered + abandoned, 0) as service_level,
  abandoned / nullif(answered + abandoned, 0) as abandonment_rate,
  waited / nullif(by_queue.waiting, 0)::double as speed_of_answer,
  worked / nullif(served, 0)::double as handle_time,
  transferred / nullif(by_end.waiting, 0) as transfer_rate,
  visits
from by_begin
full join by_queue using (channel, day)
full join by_end using (channel, day)
order by day, channel
