/*
 * Fuzzes lib/mail/header.c.  The input is a text for Subject, then after a NUL a name for To.
 * Oracle: the folds and lengths of M03 and M05 hold, and GMime's decoder, which had no part in
 * writing them, reads the same text and one mailbox of the same name.
 */
#include "mail/internal.h"

#include <gmime/gmime.h>
#include <stdint.h>
#include <string.h>

#define ADDRESS "anna@reader.example"

static void
check_lines(const char *name, const char *raw)
{
	g_autofree char *field = g_strconcat(name, ":", raw, NULL);
	g_auto(GStrv) lines = g_strsplit(field, "\n", -1);
	guint n = g_strv_length(lines);

	g_assert_true(g_str_is_ascii(raw));
	g_assert_cmpstr(lines[n - 1], ==, "");
	for (guint i = 0; i + 1 < n; i++) {
		g_assert_cmpuint(strlen(lines[i]), <=, strstr(lines[i], "=?") ? 76 : 78);
		g_assert_true(i == 0 || lines[i][0] == ' ');
		g_assert_true(i == 0 || lines[i][strspn(lines[i], " ")]);
		g_assert_null(strpbrk(lines[i], "\r\t"));
	}
}

static char *
unfold(const char *raw)
{
	g_auto(GStrv) lines = g_strsplit(raw, "\n", -1);

	return g_strstrip(g_strjoinv("", lines));
}

static void
check_text(const char *text)
{
	g_autofree char *clean = jp_text_clean(text, -1, JP_MAX_TITLE, FALSE);
	g_autofree char *raw = jp_header_text("Subject", text, JP_MAX_TITLE);
	g_autofree char *value = unfold(raw);
	g_autofree char *decoded = g_mime_utils_header_decode_text(NULL, value);

	check_lines("Subject", raw);
	g_assert_cmpstr(decoded, ==, clean);
}

static void
check_mailbox(const char *name)
{
	g_autofree char *clean = jp_text_clean(name, -1, JP_MAX_NAME, FALSE);
	g_autofree char *raw = jp_header_mailbox("To", name, ADDRESS, JP_MAX_NAME);
	g_autofree char *value = unfold(raw);
	InternetAddressList *list = internet_address_list_parse(NULL, value);
	InternetAddress *one;

	check_lines("To", raw);
	g_assert_nonnull(list);
	g_assert_cmpint(internet_address_list_length(list), ==, 1);
	one = internet_address_list_get_address(list, 0);
	g_assert_true(INTERNET_ADDRESS_IS_MAILBOX(one));
	g_assert_cmpstr(
	    internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(one)), ==, ADDRESS);
	g_assert_cmpstr(
	    internet_address_get_name(one) ? internet_address_get_name(one) : "", ==, clean);
	g_object_unref(list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	gsize len = strlen(text);
	g_autofree char *name =
	    len < size ? g_strndup((const char *)data + len + 1, size - len - 1) : g_strdup(text);

	g_mime_init();
	check_text(text);
	check_mailbox(name);
	return 0;
}
