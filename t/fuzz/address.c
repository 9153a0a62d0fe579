/*
 * Fuzzes lib/mail/address.c.  Oracle: what is accepted holds nothing that ends or splits a header
 * or an SMTP command; its wire form is accepted too and is its own wire form; its key is the key of
 * its key; as a URI it is one.
 */
#include "mail/internal.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *email = g_strndup((const char *)data, size);
	g_autoptr(GError) error = NULL;
	g_autofree char *wire = NULL, *again = NULL, *key = NULL, *key_again = NULL, *uri = NULL;

	if (!jp_address_check(email, &error)) {
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		g_assert_null(strchr(error->message, '\n'));
		g_assert_true(g_utf8_validate(error->message, -1, NULL));
		return 0;
	}
	g_assert_cmpuint(strlen(email), <=, JP_MAX_EMAIL);
	g_assert_null(strpbrk(email, " \t\r\n,;:<>()[]\\\""));
	wire = jp_address_wire(email);
	again = jp_address_wire(wire);
	g_assert_cmpstr(wire, ==, again);
	g_assert_true(jp_address_check(wire, NULL) || strlen(wire) > JP_MAX_EMAIL);
	g_assert_true(g_str_is_ascii(strrchr(wire, '@')));
	key = jp_address_key(email);
	key_again = jp_address_key(key);
	g_assert_cmpstr(key, ==, key_again);
	uri = jp_address_uri(email);
	g_assert_true(jp_address_is_uri(uri));
	return 0;
}
