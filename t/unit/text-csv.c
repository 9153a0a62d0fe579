/*
 * Comma-separated values, RFC 4180 and what else is met.
 */
#include "text/text.h"

#include <string.h>

/* All records of a text, fields in brackets, one record a line; "! LINE: ..." for a broken one. */
static char *
read_all(const char *text, gsize len)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GPtrArray) fields = g_ptr_array_new_with_free_func(g_free);
	jp_csv c;

	jp_csv_init(&c, text, len);
	for (;;) {
		g_autoptr(GError) error = NULL;

		if (!jp_csv_next(&c, fields, &error)) {
			if (!error)
				break;
			g_string_append_printf(out, "! %s\n", error->message);
			continue;
		}
		g_string_append_printf(out, "%u", c.line);
		for (guint i = 0; i < fields->len; i++)
			g_string_append_printf(out, "[%s]", (char *)g_ptr_array_index(fields, i));
		g_string_append_c(out, '\n');
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
test_read(void)
{
	static const struct {
		const char *text, *records;
	} cases[] = {
	    {"", ""},
	    {"\n\r\n\n", ""},
	    {"a,b\nc,d", "1[a][b]\n2[c][d]\n"},
	    {"a,b\r\nc,d\r\n", "1[a][b]\n2[c][d]\n"},
	    {"\xef\xbb\xbf"
	     "a\n",
		"1[a]\n"},
	    {"a,,\n,\n", "1[a][][]\n2[][]\n"},
	    {"\"\"\n", "1[]\n"},
	    {"\"a,b\",\"c\"\"d\"\n", "1[a,b][c\"d]\n"},
	    {"\"two\nlines\",x\ny\n", "1[two\nlines][x]\n3[y]\n"},
	    {"a\n\n\nb\n", "1[a]\n4[b]\n"},
	    {"a\"b,c\n", "1[a\"b][c]\n"},
	    {"a\rb\n", "1[a\rb]\n"},
	    {"\"a\"b\nc\n", "! line 1: text after a closing quote\n2[c]\n"},
	    {"a\n\"b\nc\n", "1[a]\n! line 2: a quote is never closed\n3[c]\n"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *records = read_all(cases[i].text, strlen(cases[i].text));

		g_assert_cmpstr(records, ==, cases[i].records);
	}
}

static void
test_bounds(void)
{
	static const char nul[] = "a\0b\nc\n";
	g_autoptr(GString) wide = g_string_new(NULL);
	g_autofree char *records = read_all(nul, sizeof(nul) - 1);

	g_assert_cmpstr(records, ==, "! line 1: a NUL byte\n2[c]\n");
	for (guint i = 0; i < JP_CSV_MAX_FIELDS; i++)
		g_string_append_c(wide, ',');
	g_string_append(wide, "\nx\n");
	g_autofree char *cut = read_all(wide->str, wide->len);
	g_assert_cmpstr(cut, ==, "! line 1: too many fields\n2[x]\n");
}

static void
test_write(void)
{
	static const char *const fields[] = {
	    "plain", "a,b", "say \"x\"", "two\nlines", NULL, " b "};
	g_autoptr(GString) out = g_string_new(NULL);
	const char *lone[] = {""};

	jp_csv_write(out, fields, G_N_ELEMENTS(fields));
	jp_csv_write(out, lone, 1);
	g_assert_cmpstr(
	    out->str, ==, "plain,\"a,b\",\"say \"\"x\"\"\",\"two\nlines\",, b \r\n\"\"\r\n");
	g_autofree char *records = read_all(out->str, out->len);
	g_assert_cmpstr(records, ==, "1[plain][a,b][say \"x\"][two\nlines][][ b ]\n3[]\n");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/text/csv/read", test_read);
	g_test_add_func("/text/csv/bounds", test_bounds);
	g_test_add_func("/text/csv/write", test_write);
	return g_test_run();
}
