/* jp_hash128: stable, spread, and different for texts that differ a little. */
#include <string.h>

#include "base/base.h"

static void
test_stable(void)
{
	static const struct {
		const char *text;
		guint64 hash[2];
	} table[] = {
	    {"", {G_GUINT64_CONSTANT(0x53af71582f70dec3), G_GUINT64_CONSTANT(0x462c7fb3ed143989)}},
	    {"a", {G_GUINT64_CONSTANT(0xbc042a610a3a10df), G_GUINT64_CONSTANT(0x6b92a5997337b529)}},
	    {"Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich.",
		{G_GUINT64_CONSTANT(0xb965bd29d9cf71c6), G_GUINT64_CONSTANT(0x4c9a997e2a612dc4)}},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		guint64 got[2];

		jp_hash128(table[i].text, strlen(table[i].text), got);
		g_assert_cmphex(got[0], ==, table[i].hash[0]);
		g_assert_cmphex(got[1], ==, table[i].hash[1]);
	}
}

/* No two of many short texts, of zeros, of prefixes, have even half of a hash in common. */
static void
test_apart(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, 2 * sizeof(guint64));
	guint8 bytes[200] = {0};
	guint64 hash[2];

	for (guint len = 0; len < sizeof bytes; len++) {
		jp_hash128(bytes, len, hash);
		g_array_append_val(all, hash);
	}
	for (guint i = 0; i < 20000; i++) {
		char text[32];
		int n = g_snprintf(text, sizeof text, "posting %u", i);

		jp_hash128(text, (gsize)n, hash);
		g_array_append_val(all, hash);
	}
	for (guint i = 0; i < all->len; i++) {
		guint64 *h = (guint64 *)(gpointer)(all->data + i * 2 * sizeof(guint64));

		g_assert_true(g_hash_table_add(seen, &h[0]));
		g_assert_true(g_hash_table_add(seen, &h[1]));
	}
}

/* A bit of the input changes about half the bits of the result, wherever it stands. */
static void
test_every_bit_counts(void)
{
	guint8 bytes[100];
	guint64 before[2], after[2];
	guint64 sum = 0;

	for (guint i = 0; i < sizeof bytes; i++)
		bytes[i] = (guint8)(i * 37);
	jp_hash128(bytes, sizeof bytes, before);
	for (guint bit = 0; bit < 8 * sizeof bytes; bit++) {
		guint n;

		bytes[bit / 8] ^= (guint8)(1 << bit % 8);
		jp_hash128(bytes, sizeof bytes, after);
		bytes[bit / 8] ^= (guint8)(1 << bit % 8);
		n = (guint)__builtin_popcountll(before[0] ^ after[0]) +
		    (guint)__builtin_popcountll(before[1] ^ after[1]);
		g_assert_cmpuint(n, >, 32);
		g_assert_cmpuint(n, <, 96);
		sum += n;
	}
	g_assert_cmpfloat_with_epsilon((double)sum / (8 * sizeof bytes), 64, 1);
}

static void
test_alignment(void)
{
	char room[80];
	guint64 one[2], two[2];

	for (guint at = 0; at < 16; at++) {
		memcpy(room + at, "a text that stands anywhere at all in memory", 45);
		jp_hash128(room + at, 45, two);
		if (at == 0)
			memcpy(one, two, sizeof one);
		g_assert_cmpmem(one, sizeof one, two, sizeof two);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/base/hash/stable", test_stable);
	g_test_add_func("/base/hash/apart", test_apart);
	g_test_add_func("/base/hash/every-bit-counts", test_every_bit_counts);
	g_test_add_func("/base/hash/alignment", test_alignment);
	return g_test_run();
}
