/*
 * CSV: what is read, written and read again is the same; line numbers grow; a broken record does
 * not stop the reader.
 */
#include "text/text.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static GPtrArray *
copy(const GPtrArray *fields)
{
	GPtrArray *c = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < fields->len; i++)
		g_ptr_array_add(c, g_strdup(g_ptr_array_index(fields, i)));
	return c;
}

static void
check_same(const GPtrArray *a, const GPtrArray *b)
{
	g_assert_cmpuint(a->len, ==, b->len);
	for (guint i = 0; i < a->len; i++)
		g_assert_cmpstr(g_ptr_array_index(a, i), ==, g_ptr_array_index(b, i));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GPtrArray) records =
	    g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GString) out = g_string_new(NULL);
	guint last = 0, n = 0;
	jp_csv c;

	jp_csv_init(&c, (const char *)data, size);
	for (;;) {
		g_autoptr(GError) error = NULL;
		gboolean ok = jp_csv_next(&c, fields, &error);

		if (!ok && !error)
			break;
		g_assert_cmpuint(c.line, >, last);
		last = c.line;
		if (!ok)
			continue;
		g_assert_cmpuint(fields->len, >, 0);
		g_ptr_array_add(records, copy(fields));
		jp_csv_write(out, (const char *const *)fields->pdata, fields->len);
	}
	jp_csv_init(&c, out->str, out->len);
	for (; jp_csv_next(&c, fields, NULL); n++) {
		g_assert_cmpuint(n, <, records->len);
		check_same(g_ptr_array_index(records, n), fields);
	}
	g_assert_cmpuint(n, ==, records->len);
	return 0;
}
