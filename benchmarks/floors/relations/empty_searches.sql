-- Hand-written: searches without a result, by the channel of the visit and local month.
select strftime(timezone('Europe/Paris', timezone('UTC', hour)), '%Y-%m-01') as month, channel,
  sum(empty) / nullif(sum(searches), 0) as value
from (
  select date_trunc('hour', occurred_at) as hour, channel, count_if(steps.value = 0) as empty, count(*) as searches
  from steps
  left join interactions using (source, interaction_id)
  where type = 'search' and excluded = ''
  group by all
) as hourly
group by all
