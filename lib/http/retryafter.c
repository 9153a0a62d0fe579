/* How long a server wants to be left alone: Retry-After (RFC 9110, 10.2.3).  Pure: the clock is an
 * argument. */
#include <string.h>

#include "http/http.h"

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
