-- Hand-written: NPS by the channel of the contact asked about, and local month of the answer.
select strftime(timezone('Europe/Paris', timezone('UTC', hour)), '%Y-%m-01') as month, channel,
  100.0 * (sum(promoters) - sum(detractors)) / nullif(sum(promoters + passives + detractors), 0) as value
from (
  select date_trunc('hour', surveys.answered_at) as hour, coalesce(surveys.channel, interactions.channel) as channel,
    count_if(score >= 9) as promoters, count_if(score in (7, 8)) as passives, count_if(score <= 6) as detractors
  from surveys
  left join interactions on interactions.source = surveys.interaction_source
    and interactions.interaction_id = surveys.interaction_id
  where question = 'nps' and scale = 'nps_0_10' and coalesce(excluded, '') = '' and surveys.answered_at is not null
  group by all
) as hourly
group by all
