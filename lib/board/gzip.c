/*
 * Files that may be gzip, as sitemaps and published lists are: inflated within a bound.
 */
#include "board/internal.h"

gboolean
jp_gzip_inflate(const char *body, gsize len, gsize max, char **out, gsize *out_len, GError **error)
{
	jp_inflated result;

	*out = NULL;
	*out_len = len;
	if (!jp_inflate_is_gzip(body, len))
		return TRUE;
	result = jp_inflate_gzip(body, len, max, out, out_len);
	if (result == JP_INFLATED)
		return TRUE;
	g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA,
	    result == JP_INFLATED_TOO_LARGE ? "a gzip that inflates beyond all bounds"
					    : "a gzip that is broken");
	return FALSE;
}
