/*
 * gzip inflated: what was packed comes out, whatever the size it claims; what is broken, cut short
 * or too large is none.
 */
#include <libdeflate.h>
#include <string.h>

#include "base/base.h"

#define MOST (200 * JP_KIB)

static GByteArray *
packed(const char *text, gsize len)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	GByteArray *a = g_byte_array_new();

	g_byte_array_set_size(a, (guint)libdeflate_gzip_compress_bound(c, len));
	g_byte_array_set_size(a, (guint)libdeflate_gzip_compress(c, text, len, a->data, a->len));
	libdeflate_free_compressor(c);
	return a;
}

static jp_inflated
inflate(const GByteArray *a, gsize len, gsize max, char **out, gsize *out_len)
{
	g_autofree char *exact = g_memdup2(a->data, len); /* for a sanitizer: not a byte more */

	return jp_inflate_gzip(exact, len, max, out, out_len);
}

static void
gives(const GByteArray *a, gsize max, const char *text, gsize len)
{
	g_autofree char *out = NULL;
	gsize n;

	g_assert_cmpint(inflate(a, a->len, max, &out, &n), ==, JP_INFLATED);
	g_assert_cmpmem(out, n, text, len);
	g_assert_cmpint(out[n], ==, '\0');
}

static void
is_none(const GByteArray *a, gsize len, gsize max, jp_inflated what)
{
	char *out;
	gsize n;

	g_assert_cmpint(inflate(a, len, max, &out, &n), ==, what);
	g_assert_null(out);
}

static void
test_sizes(void)
{
	const gsize sizes[] = {0, 1, 1023, 1024, 1025, 100000, MOST};

	for (gsize i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree char *text = g_strnfill(sizes[i], 'a');
		g_autoptr(GByteArray) a = packed(text, sizes[i]);

		gives(a, MOST, text, sizes[i]);
		gives(a, sizes[i], text, sizes[i]);
		if (sizes[i] > 0)
			is_none(a, a->len, sizes[i] - 1, JP_INFLATED_TOO_LARGE);
	}
}

/* RFC 1952, 2.2: members follow each other; the last one's size says nothing of the others. */
static void
test_members(void)
{
	g_autofree char *text = g_strnfill(50000, 'b');
	g_autoptr(GByteArray) a = packed(text, 49999);
	g_autoptr(GByteArray) more = packed(text, 1);
	g_autoptr(GByteArray) none = packed("", 0);

	g_byte_array_append(a, none->data, none->len);
	g_byte_array_append(a, more->data, more->len);
	gives(a, MOST, text, 50000);
	gives(a, 50000, text, 50000);
	is_none(a, a->len, 49999, JP_INFLATED_TOO_LARGE);
	is_none(a, a->len - 1, MOST, JP_INFLATED_BROKEN);
	g_byte_array_append(
	    a, (const guint8 *)"\n\n\n\n", 4); /* what is no member is passed over */
	gives(a, MOST, text, 50000);
}

static void
test_cut(void)
{
	const char text[] = "Bread and rolls, rolls and bread.";
	g_autoptr(GByteArray) a = packed(text, strlen(text));

	for (gsize n = 0; n < a->len; n++)
		is_none(a, n, MOST, JP_INFLATED_BROKEN);
	gives(a, MOST, text, strlen(text));
}

/* A bit that changes the text is noticed; some change nothing (padding, the time in the head). */
static void
test_flipped(void)
{
	const char text[] = "Bread and rolls, rolls and bread.";
	g_autoptr(GByteArray) a = packed(text, strlen(text));
	guint n_noticed = 0;

	for (guint i = 0; i < 8 * a->len; i++) {
		g_autofree char *out = NULL;
		gsize n;

		a->data[i / 8] ^= (guint8)(1u << i % 8);
		if (inflate(a, a->len, MOST, &out, &n) == JP_INFLATED)
			g_assert_cmpmem(out, n, text, strlen(text));
		else
			n_noticed++;
		a->data[i / 8] ^= (guint8)(1u << i % 8);
	}
	g_assert_cmpuint(n_noticed, >, 6 * a->len);
}

/* 8 MiB in 8 KiB, beyond the bound whatever size it claims. */
static void
test_bomb(void)
{
	const gsize len = 8 * JP_MIB;
	g_autofree char *text = g_strnfill(len, ' ');
	g_autoptr(GByteArray) a = packed(text, len);
	const guint32 claims[] = {0, 1, MOST, G_MAXUINT32};

	g_assert_cmpuint(a->len, <, 16 * JP_KIB);
	for (gsize i = 0; i < G_N_ELEMENTS(claims); i++) {
		const guint32 claim = GUINT32_TO_LE(claims[i]);

		memcpy(a->data + a->len - sizeof claim, &claim, sizeof claim);
		is_none(a, a->len, MOST, JP_INFLATED_TOO_LARGE);
		is_none(a, a->len, len, JP_INFLATED_BROKEN); /* it lied */
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/inflate/any-size-up-to-the-bound", test_sizes);
	g_test_add_func("/base/inflate/members-follow-each-other", test_members);
	g_test_add_func("/base/inflate/what-is-cut-short-is-broken", test_cut);
	g_test_add_func("/base/inflate/a-bit-that-flipped-is-noticed", test_flipped);
	g_test_add_func("/base/inflate/a-bomb-is-too-large", test_bomb);
	return g_test_run();
}
