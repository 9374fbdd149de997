-- Hand-written: the mean wait of a queue's part of a contact, by channel and local month.
select strftime(timezone('Europe/Paris', timezone('UTC', hour)), '%Y-%m-01') as month, channel,
  sum(waited) / nullif(sum(parts), 0)::double as value
from (
  select date_trunc('hour', segments.started_at) as hour, channel,
    sum(segments.wait_s) as waited, count(*) as parts
  from segments
  left join interactions using (source, interaction_id)
  where segments.kind = 'queue' and excluded = '' and segments.outcome = 'handled'
  group by all
) as hourly
group by all
