/*
 * A fast hash of long texts: 128 bits, the same on every machine and for ever (stored ones are
 * compared).  Two lanes of multiply and rotate over sixteen bytes at a time, each fed into the
 * other, and a final mix in which every bit of the input reaches every bit of the result.  It tells
 * texts apart, it does not resist somebody who wants two to be alike: what must, uses GChecksum.
 */
#include "base/base.h"

#include <string.h>

#define K1 G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) /* the golden ratio, odd */
#define K2 G_GUINT64_CONSTANT(0xc2b2ae3d27d4eb4f)
#define K3 G_GUINT64_CONSTANT(0x165667b19e3779f9)

static guint64
rotated(guint64 x, guint n)
{
	return x << n | x >> (64 - n);
}

static guint64
word_at(const guint8 *p)
{
	guint64 word;

	memcpy(&word, p, sizeof word);
	return GUINT64_FROM_LE(word);
}

/* Every bit of x reaches every bit of the result. */
static guint64
finished(guint64 x)
{
	x = (x ^ x >> 32) * K2;
	x = (x ^ x >> 29) * K3;
	return x ^ x >> 32;
}

static void
take_block(guint64 lanes[2], const guint8 *p)
{
	lanes[0] = (rotated(lanes[0] ^ word_at(p) * K1, 31) + lanes[1]) * K2;
	lanes[1] = (rotated(lanes[1] ^ word_at(p + 8) * K2, 29) + lanes[0]) * K1;
}

void
jp_hash128(const void *bytes, gsize len, guint64 out[2])
{
	const guint8 *p = bytes;
	guint64 lanes[2] = {K3, K1};
	guint8 tail[16] = {0};
	gsize left = len;

	for (; left >= sizeof tail; left -= sizeof tail, p += sizeof tail)
		take_block(lanes, p);
	if (left > 0) {
		memcpy(tail, p, left);
		take_block(lanes, tail);
	}
	lanes[0] ^= (guint64)len;
	lanes[1] += finished(lanes[0]);
	lanes[0] += finished(lanes[1]);
	out[0] = finished(lanes[0]);
	out[1] = finished(lanes[1] + out[0]);
}
