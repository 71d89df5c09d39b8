-- The peer: the features of pandas_features.py in DuckDB. Events and tickets are views, as_of is a variable.
CREATE MACRO since(t) AS epoch_us(getvariable('as_of')) / 3.6e9 - epoch_us(t) / 3.6e9;
CREATE MACRO recent(t, span) AS t > getvariable('as_of') - CAST(span AS INTERVAL);
CREATE MACRO lift(happened, came, all_happened, all_came) AS
    (happened + 2.0) / (came * all_happened / greatest(all_came, 1) + 2.0);

CREATE TEMP TABLE escalated AS
    SELECT ticket_id, min(row) AS row, arg_min(occurred_at, row) AS occurred_at
    FROM events WHERE event_type = 'escalated' GROUP BY ticket_id;

CREATE TEMP TABLE entered AS
    SELECT *, coalesce(lag(is_closed) OVER (PARTITION BY ticket_id ORDER BY row), false) AS was_closed
    FROM (SELECT ticket_id, row, occurred_at, value, value IN ('solved', 'closed') AS is_closed
          FROM events WHERE event_type = 'status_changed');

CREATE TEMP TABLE message AS
    SELECT ticket_id, row, occurred_at, sentiment, words, actor_role,
        actor_role = 'customer' AS asked,
        actor_role = 'agent' AND coalesce(is_public, true) AS reply,
        actor_role <> 'customer' AND NOT coalesce(is_public, true) AS note
    FROM events WHERE event_type = 'message';

CREATE TEMP TABLE held AS
    SELECT *, lag(value) OVER (PARTITION BY holder, ticket_id ORDER BY row) AS before
    FROM (SELECT ticket_id, row, value, event_type[:-9] AS holder
          FROM events WHERE event_type IN ('assignee_changed', 'group_changed'));

CREATE TEMP TABLE of_any AS
    SELECT ticket_id,
        since(max(occurred_at) FILTER (event_type = 'created')) AS hours_since_created,
        since(max(occurred_at)) AS hours_since_any_event,
        count(*) AS count_any_event,
        count(*) FILTER (recent(occurred_at, '24 hours')) AS count_any_event_24h,
        count(*) FILTER (recent(occurred_at, '7 days')) AS count_any_event_7d,
        sum(pow(0.5, since(occurred_at) / 24)) AS decayed_any_event_24h,
        since(max(occurred_at) FILTER (actor_role = 'agent')) AS hours_since_agent_action,
        count(DISTINCT actor_id) AS distinct_actor_of_any_event,
        min(occurred_at) FILTER (event_type = 'created') AS born
    FROM events GROUP BY ticket_id;

CREATE TEMP TABLE of_status AS
    SELECT ticket_id,
        since(max(occurred_at)) AS hours_since_status_entered,
        count(*) AS count_status_entered,
        count(*) FILTER (recent(occurred_at, '24 hours')) AS count_status_entered_24h,
        count(DISTINCT value) AS distinct_status_of_status_entered,
        count(*) FILTER (was_closed AND NOT is_closed) AS count_reopened,
        count(*) FILTER (was_closed AND NOT is_closed AND recent(occurred_at, '7 days')) AS count_reopened_7d,
        since(max(occurred_at) FILTER (was_closed AND NOT is_closed)) AS hours_since_reopened,
        count(*) FILTER (value = 'pending') AS count_waits_on_customer
    FROM entered GROUP BY ticket_id;

CREATE TEMP TABLE of_message AS
    SELECT ticket_id,
        count(*) FILTER (asked) AS count_customer_message,
        count(*) FILTER (asked AND recent(occurred_at, '24 hours')) AS count_customer_message_24h,
        count(*) FILTER (asked AND recent(occurred_at, '7 days')) AS count_customer_message_7d,
        since(max(occurred_at) FILTER (asked)) AS hours_since_customer_message,
        count(*) FILTER (reply) AS count_agent_reply,
        since(max(occurred_at) FILTER (reply)) AS hours_since_agent_reply,
        count(*) FILTER (note) AS count_internal_note,
        count(*) FILTER (actor_role = 'bot') AS count_bot_message,
        arg_max(sentiment, row) FILTER (asked) AS last_sentiment,
        avg(sentiment) FILTER (asked) AS mean_sentiment,
        min(sentiment) FILTER (asked) AS min_sentiment,
        avg(sentiment) FILTER (asked AND recent(occurred_at, '7 days')) AS mean_sentiment_7d,
        arg_max(words, row) FILTER (asked) AS last_words,
        sum(words) FILTER (asked) AS sum_words
    FROM message GROUP BY ticket_id;

CREATE TEMP TABLE of_turn AS
    WITH turns AS (
        SELECT ticket_id, row, occurred_at, 'asked' AS turn FROM message WHERE asked
        UNION ALL SELECT ticket_id, row, occurred_at, 'reply' FROM message WHERE reply
        UNION ALL SELECT ticket_id, row, occurred_at, 'solved' FROM entered WHERE is_closed AND NOT was_closed),
    stretches AS (
        SELECT *, count(*) FILTER (turn <> 'asked') OVER (
            PARTITION BY ticket_id ORDER BY row ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS stretch FROM turns),
    gaps AS (
        SELECT ticket_id, row, turn, date_diff('microsecond', min(occurred_at) FILTER (turn = 'asked') OVER (
            PARTITION BY ticket_id, stretch), occurred_at) / 3.6e9 AS gap FROM stretches)
    SELECT ticket_id, avg(gap) AS mean_response_gap, max(gap) AS max_response_gap, arg_max(gap, row) AS last_response_gap
    FROM gaps WHERE turn = 'reply' GROUP BY ticket_id;

CREATE TEMP TABLE of_priority AS
    WITH levels AS (
        SELECT ticket_id, row, occurred_at, list_position(['low', 'normal', 'high', 'urgent'], value)::DOUBLE AS level
        FROM events WHERE event_type = 'priority_changed'),
    steps AS (SELECT *, level - lag(level) OVER (PARTITION BY ticket_id ORDER BY row) AS step FROM levels)
    SELECT ticket_id, arg_max(level, row) AS last_priority_level, max(level) AS max_priority_level,
        count(*) FILTER (step > 0) AS count_priority_raised, count(*) FILTER (step < 0) AS count_priority_lowered,
        since(max(occurred_at) FILTER (step > 0)) AS hours_since_priority_raised
    FROM steps GROUP BY ticket_id;

CREATE TEMP TABLE of_holder AS
    SELECT holder, ticket_id, count(*) FILTER (before <> value) AS handoffs, count(DISTINCT value) AS different,
        arg_max(value, row) AS now
    FROM held GROUP BY holder, ticket_id;

CREATE TEMP TABLE escalated_of_holder AS
    SELECT held.holder, held.value, count(*) AS n
    FROM (SELECT *, unnest(['assignee', 'group']) AS holder FROM escalated WHERE recent(occurred_at, '7 days')) asked
    ASOF JOIN held ON asked.holder = held.holder AND asked.ticket_id = held.ticket_id AND asked.row >= held.row
    GROUP BY held.holder, held.value;

CREATE TEMP TABLE facts AS
    SELECT customer_id, account_id, category, kind, occurred_at, number
    FROM (SELECT ticket_id, 'created' AS kind, occurred_at, NULL AS number FROM events WHERE event_type = 'created'
        UNION ALL SELECT ticket_id, 'escalated', occurred_at, NULL FROM escalated
        UNION ALL SELECT ticket_id, 'csat', occurred_at, number FROM events WHERE event_type = 'csat'
        UNION ALL SELECT ticket_id, 'spoken', occurred_at, sentiment FROM message WHERE asked)
    JOIN tickets USING (ticket_id);

CREATE TEMP TABLE desk AS
    WITH solved AS (
        SELECT ticket_id, min(row) AS row, arg_min(occurred_at, row) AS occurred_at
        FROM entered WHERE is_closed AND NOT was_closed GROUP BY ticket_id),
    outcomes AS (
        SELECT occurred_at, 1.0 AS outcome FROM escalated
        UNION ALL SELECT solved.occurred_at, 0.0 FROM solved LEFT JOIN escalated USING (ticket_id)
        WHERE escalated.row IS NULL OR escalated.row > solved.row)
    SELECT
        count(*) FILTER (kind = 'created' AND recent(occurred_at, '24 hours')) AS desk_count_created_24h,
        count(*) FILTER (kind = 'created' AND recent(occurred_at, '7 days')) AS desk_count_created_7d,
        count(*) FILTER (kind = 'escalated' AND recent(occurred_at, '7 days')) AS desk_count_escalated_7d,
        (SELECT avg(outcome) FROM outcomes WHERE recent(occurred_at, '30 days')) AS desk_mean_outcome_30d,
        count(*) FILTER (kind = 'escalated') AS happened, count(*) FILTER (kind = 'created') AS came,
        count(*) FILTER (kind = 'escalated' AND recent(occurred_at, '30 days')) AS happened_30d,
        count(*) FILTER (kind = 'created' AND recent(occurred_at, '30 days')) AS came_30d
    FROM facts;
