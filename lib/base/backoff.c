/* How long to wait before the next try: exponential back-off with full jitter.  Pure: the dice are
 * an argument. */
#include "base/base.h"

gint64
jp_backoff(guint n, gint64 base, gint64 cap, guint32 random)
{
	guint64 ceiling = (guint64)MAX(base, 0);
	guint64 most = (guint64)MAX(cap, 0);

	for (; n > 1 && ceiling < most; n--)
		ceiling *= 2;
	ceiling = MIN(ceiling, most);
	/* ceiling * random / 2^32 without leaving 64 bits */
	return (gint64)((ceiling >> 32) * random + (((ceiling & 0xffffffff) * random) >> 32));
}

gint64
jp_backoff_between(guint n, gint64 min, gint64 max, guint32 random)
{
	return min + jp_backoff(n, min, MAX(max - min, 0), random);
}
