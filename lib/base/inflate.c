/*
 * gzip that is there whole, inflated by libdeflate, which is more than twice as fast as zlib at
 * that.  What bytes claim is checked: the size beforehand, the checksum afterwards, and a bound
 * holds that no claim can move.
 * Standard: RFC 1952.
 */
#include "base/base.h"

#include <libdeflate.h>
#include <string.h>

/* Deflate makes at most so much of a byte. */
#define MOST_PER_BYTE 1032

/* For gzip that does not say, or says what cannot be. */
#define USUAL_PER_BYTE 5
#define LEAST_ROOM     1024

/* A member ends with its size: where there is one only, and it tells the truth, no byte is inflated
 * twice. */
gsize
jp_inflate_says(const char *in, gsize len, gsize max)
{
	guint32 said;
	gsize room;

	if (len < sizeof said)
		return MIN(LEAST_ROOM, max);
	memcpy(&said, in + len - sizeof said, sizeof said);
	room = GUINT32_FROM_LE(said);
	if (room == 0 || room / MOST_PER_BYTE > len)
		room = MAX(len * USUAL_PER_BYTE, LEAST_ROOM);
	return MIN(room, max);
}

gboolean
jp_inflate_is_gzip(const char *in, gsize len)
{
	return len >= 3 && memcmp(in, "\x1f\x8b\x08", 3) == 0;
}

jp_inflated
jp_inflate_gzip(const char *in, gsize len, gsize max, char **out, gsize *out_len)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	gsize room = jp_inflate_says(in, len, max), took, gave;
	g_autofree char *text = g_malloc(room + 1);
	enum libdeflate_result result = LIBDEFLATE_BAD_DATA;

	if (!d)
		g_error("libdeflate gives no memory"); /* as GLib ends it */
	*out = NULL;
	*out_len = 0;
	while (jp_inflate_is_gzip(in, len)) {
		result = libdeflate_gzip_decompress_ex(
		    d, in, len, text + *out_len, room - *out_len, &took, &gave);
		if (result == LIBDEFLATE_INSUFFICIENT_SPACE && room < max) {
			room = MIN(MAX(2 * room, LEAST_ROOM), max);
			text = g_realloc(text, room + 1);
			continue;
		}
		if (result != LIBDEFLATE_SUCCESS)
			break;
		in += took;
		len -= took;
		*out_len += gave;
	}
	libdeflate_free_decompressor(d);
	if (result != LIBDEFLATE_SUCCESS)
		return result == LIBDEFLATE_INSUFFICIENT_SPACE ? JP_INFLATED_TOO_LARGE
							       : JP_INFLATED_BROKEN;
	text[*out_len] = '\0';
	*out = g_steal_pointer(&text);
	return JP_INFLATED;
}
