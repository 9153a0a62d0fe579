/*
 * The life of postings: which listings may mark one missing.  A posting is closed only after
 * JP_LIFE_MISSES successive listings that are trusted lack it (promise 1), and a listing that is
 * suddenly short, or has items that may be any posting, is not trusted before it came unchanged
 * three times over a day (R2).
 */
#include <string.h>

#include "base/base.h"
#include "posting/posting.h"

/* A doubtful listing counts when it came on this many visits, spanning at least this time. */
#define WAIT_VISITS 3
#define WAIT_TIME   JP_DAY

/* Fewer than half of what there was, or none; or an item without an id, which may be what seems to
 * be missing. */
static gboolean
is_doubtful(const jp_listing_facts *f)
{
	return f->n_open > 0 && (f->n_nameless > 0 || f->n_postings * (guint64)2 < f->n_open);
}

jp_trust
jp_life_judge(const jp_listing_facts *f, jp_suspicion *s)
{
	if (!f->complete)
		return JP_TRUST_PARTIAL; /* tells nothing, against a suspicion neither */
	if (!is_doubtful(f)) {
		memset(s, 0, sizeof(*s));
		return JP_TRUST_COMPLETE;
	}
	if (!s->active || memcmp(s->hash, f->hash, sizeof(s->hash)) != 0) {
		*s = (jp_suspicion){.active = TRUE, .since = f->now};
		memcpy(s->hash, f->hash, sizeof(s->hash));
	}
	s->visits = MIN(s->visits, G_MAXUINT - 1) + 1;
	/* Once waited out it stays trusted: closing needs the next listing too. */
	return s->visits >= WAIT_VISITS && f->now - s->since >= WAIT_TIME ? JP_TRUST_COMPLETE
									  : JP_TRUST_SUSPECT;
}
