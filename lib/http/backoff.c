/*
 * How long to wait: exponential back-off with full jitter, and Retry-After (RFC 9110, 10.2.3).
 * Pure: the clock and the dice are arguments.
 */
#include <string.h>

#include "http/http.h"

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
jp_retry_after(const char *value, gint64 now)
{
	const gint64 most = 366 * JP_DAY;
	g_autofree char *text = NULL;
	gint64 n;

	if (!value)
		return -1;
	text = g_strstrip(g_strdup(value));
	if (*text && strspn(text, "0123456789") == strlen(text))
		return jp_int_parse(text, 0, most / JP_SECOND, &n) ? n * JP_SECOND : most;
	if (!jp_time_parse_rfc822(text, &n))
		return -1;
	return CLAMP(n - now, 0, most);
}
