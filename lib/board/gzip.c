/*
 * Files that may be gzip, as sitemaps and published lists are: inflated within a bound.
 */
#include "board/internal.h"

#include <string.h>
#include <zlib.h>

gboolean
jp_gzip_inflate(const char *body, gsize len, gsize max, char **out, gsize *out_len, GError **error)
{
	z_stream z = {.next_in = (Bytef *)(gpointer)body, .avail_in = (uInt)len};
	g_autoptr(GByteArray) text = NULL;
	guint8 chunk[16384];
	int code;

	*out = NULL;
	*out_len = len;
	if (len < 3 || memcmp(body, "\x1f\x8b\x08", 3) != 0)
		return TRUE;
	if (len > (gsize)JP_MAX_IMPORT || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "a gzip that is too long");
		return FALSE;
	}
	text = g_byte_array_new();
	do {
		z.next_out = chunk;
		z.avail_out = sizeof chunk;
		code = inflate(&z, Z_NO_FLUSH);
		g_byte_array_append(text, chunk, (guint)(sizeof chunk - z.avail_out));
	} while (code == Z_OK && text->len <= max);
	inflateEnd(&z);
	if (code != Z_STREAM_END || text->len > max) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA,
		    text->len > max ? "a gzip that inflates beyond all bounds"
				    : "a gzip that is broken");
		return FALSE;
	}
	*out_len = text->len;
	g_byte_array_append(text, (const guint8 *)"", 1);
	*out = (char *)g_byte_array_free(g_steal_pointer(&text), FALSE);
	return TRUE;
}
