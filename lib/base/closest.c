/*
 * "Did you mean": the known word nearest to one that was mistyped, by the number of letters to
 * add, drop, change or swap (optimal string alignment).
 */
#include "base/base.h"

#include <string.h>

#define MAX_WORD 63

static guint
distance(const char *a, const char *b)
{
	guint rows[3][MAX_WORD + 1];
	guint *before = rows[0], *last = rows[1], *now = rows[2];
	gsize n = strlen(a), m = strlen(b);

	if (n > MAX_WORD || m > MAX_WORD)
		return G_MAXUINT;
	for (gsize j = 0; j <= m; j++)
		last[j] = (guint)j;
	for (gsize i = 1; i <= n; i++) {
		guint *spare = before;

		now[0] = (guint)i;
		for (gsize j = 1; j <= m; j++) {
			guint best = MIN(last[j], now[j - 1]) + 1;

			best = MIN(best, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				best = MIN(best, before[j - 2] + 1);
			now[j] = best;
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

const char *
jp_closest(const char *word, const char *const *known)
{
	guint bound = MAX((guint)strlen(word) / 3, 1) + 1; /* one in three may be wrong */
	const char *best = NULL;

	for (; *word != '\0' && *known != NULL; known++) {
		guint d = distance(word, *known);

		if (d < bound) {
			bound = d;
			best = *known;
		}
	}
	return best;
}
