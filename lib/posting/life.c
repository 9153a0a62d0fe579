/*
 * The life of postings: which listings may mark one missing.  A posting is closed only after
 * JP_LIFE_MISSES successive listings that are trusted lack it (promise 1), and a listing that is
 * suddenly short is not trusted before it came unchanged three times over a day (R2).
 */
#include <string.h>

#include "base/base.h"
#include "posting/posting.h"

/* A board of fewer open postings may halve by chance. */
#define SMALL_BOARD 4
/* A short listing counts when it came on this many visits, spanning at least this time. */
#define WAIT_VISITS 3
#define WAIT_TIME   JP_DAY

/* Empty where there were some, or fewer than half of them. */
static gboolean
is_short(const jp_listing_facts *f)
{
	if (f->n_open == 0)
		return FALSE;
	return f->n_postings == 0 || (f->n_open >= SMALL_BOARD && f->n_postings * 2 < f->n_open);
}

jp_trust
jp_life_judge(const jp_listing_facts *f, jp_suspicion *s)
{
	if (!f->complete)
		return JP_TRUST_PARTIAL; /* tells nothing, against a suspicion neither */
	if (s->active && memcmp(s->hash, f->hash, sizeof(s->hash)) == 0) {
		/* Once waited out it stays trusted: closing needs the next listing too. */
		s->visits = MIN(s->visits, G_MAXUINT - 1) + 1;
		if (s->visits >= WAIT_VISITS && f->now - s->since >= WAIT_TIME)
			return JP_TRUST_COMPLETE;
		return JP_TRUST_SUSPECT;
	}
	if (is_short(f)) {
		*s = (jp_suspicion){.active = TRUE, .since = f->now, .visits = 1};
		memcpy(s->hash, f->hash, sizeof(s->hash));
		return JP_TRUST_SUSPECT;
	}
	memset(s, 0, sizeof(*s));
	return JP_TRUST_COMPLETE;
}
