/*
 * How many handlers a type gets, between the two bounds of its concurrency.  Pure.
 *
 * More are wanted when tasks wait longer than PATIENCE, or when those there are would need longer
 * than PATIENCE for what waits, at the rate at which they drained it lately; never more than there
 * are tasks.  The number at most doubles a step.  Fewer are wanted only after CALM in which less
 * would have done, and then as many as the busiest moment of that time needed: a load that comes
 * and goes within CALM keeps its handlers, so the number does not flap.
 */
#include "queue/work.h"

#define PATIENCE (2 * JP_SECOND)
#define CALM     (30 * JP_SECOND)
/* What a second adds to the memory of the rate: a tenth. */
#define MEMORY 0.1

void
jp_scale_init(jp_scale *s, gint64 min, gint64 now)
{
	*s = (jp_scale){
	    .n = min, .seen_at = now, .calm_since = now, .stepped_at = now - JP_SCALE_STEP};
}

/* Tasks a second of one handler, remembered over some ten seconds. */
static void
learn(jp_scale *s, const jp_scale_facts *f)
{
	double seconds = (double)(f->now - s->seen_at) / (double)JP_SECOND;
	double rate, weight;

	s->finished += f->finished;
	if (seconds < 1)
		return;
	weight = MIN(1.0, MEMORY * seconds);
	rate = (double)s->finished / seconds / (double)MAX(s->n, 1);
	if (f->busy > 0 || s->finished > 0)
		s->rate = s->rate > 0 ? (1 - weight) * s->rate + weight * rate : rate;
	s->finished = 0;
	s->seen_at = f->now;
}

/* Handlers that this moment needs. */
static gint64
need(const jp_scale *s, const jp_scale_facts *f)
{
	double drained = s->rate * (double)PATIENCE / (double)JP_SECOND; /* by one handler */
	gint64 busy = f->busy, wanted;

	if (f->waiting == 0)
		return busy;
	if (drained >= 1 && f->oldest < PATIENCE)
		wanted = (gint64)((double)f->waiting / drained) + 1;
	else
		wanted = busy + f->waiting;
	return MAX(busy, MIN(wanted, busy + f->waiting));
}

gint64
jp_scale_step(jp_scale *s, gint64 min, gint64 max, const jp_scale_facts *f)
{
	gint64 wanted;

	learn(s, f);
	wanted = CLAMP(need(s, f), min, max);
	if (wanted > s->n && f->now - s->stepped_at >= JP_SCALE_STEP) {
		s->n = MIN(wanted, MAX(2 * s->n, 1));
		s->stepped_at = f->now;
	}
	if (wanted >= s->n) {
		s->calm_since = f->now;
		s->peak = 0;
	} else {
		s->peak = MAX(s->peak, wanted);
		if (f->now - s->calm_since >= CALM) {
			s->n = s->peak;
			s->calm_since = f->now;
			s->peak = 0;
		}
	}
	s->n = CLAMP(s->n, min, max);
	return s->n;
}
