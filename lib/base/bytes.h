/*
 * Many bytes of a text at a time, in what every compiler for every processor has: numbers of eight
 * bytes and vectors of sixteen.
 */
#ifndef JP_BASE_BYTES_H
#define JP_BASE_BYTES_H

#include <glib.h>
#include <string.h>

/* Eight bytes of a text as one number, the first byte the lowest; zeros behind its end. */
static inline guint64
jp_eight_at(const char *p, const char *end)
{
	guint64 w = 0;

	if (G_LIKELY(end - p >= 8))
		memcpy(&w, p, 8);
	else
		memcpy(&w, p, (gsize)(end - p));
	return GUINT64_FROM_LE(w);
}

#define JP_EACH_BYTE(b) (G_GUINT64_CONSTANT(0x0101010101010101) * (b))

/* Sixteen bytes, each computed with at once; a comparison gives bytes of ones or zeros. */
typedef guint8 jp_sixteen __attribute__((vector_size(16)));

static inline jp_sixteen
jp_sixteen_at(const char *p)
{
	jp_sixteen v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* A bit for each byte whose high bit is set, the first byte the lowest. */
static inline guint64
jp_bits_of(jp_sixteen v)
{
#ifdef __SSE2__
	return (guint64)__builtin_ia32_pmovmskb128((char __attribute__((vector_size(16))))v);
#else
	guint64 half[2];

	memcpy(half, &v, sizeof half);
	for (guint i = 0; i < 2; i++)
		half[i] = (GUINT64_FROM_LE(half[i]) >> 7 & JP_EACH_BYTE(1)) *
			G_GUINT64_CONSTANT(0x0102040810204080) >>
		    56;
	return half[0] | half[1] << 8;
#endif
}

#endif
