/* Tests of lib/mail/address.c: what an address may be, and what two of them are compared by. */
#include "mail/mail.h"

#include <string.h>

static void
test_good(void)
{
	static const char *const good[] = {
	    "anna@example.org",
	    "a@b.example",
	    "first.last+jobs@mail.example.co.uk",
	    "o'hara@example.org",
	    "x_y-z!#$%&*/=?^`{|}~@example.org",
	    "root@localhost",
	    "ANNA@EXAMPLE.ORG",
	    "jörg@bücher.example",
	    "用户@例子.example",
	    "1@1.example",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(good); i++) {
		g_autoptr(GError) error = NULL;
		gboolean ok = jp_address_check(good[i], &error);

		g_assert_no_error(error);
		g_assert_true(ok);
	}
}

static void
test_bad(void)
{
	static const struct {
		const char *email, *says;
	} bad[] = {
	    {"", "empty"},
	    {NULL, "empty"},
	    {"anna", "no \"@\""},
	    {"@example.org", "nothing before"},
	    {"anna@", "nothing after"},
	    {"anna@example", "no dot"},
	    {"anna@example.org,bob@example.org", "one address is wanted"},
	    {"anna@example.org;bob@example.org", "one address is wanted"},
	    {"anna,bob@example.org", "',' at character 5"},
	    {"anna bob@example.org", "a blank at character 5"},
	    {"anna@exam ple.org", "a blank at character 10"},
	    {"anna@example.org\r\nBcc: eve@example.org", "one address is wanted"},
	    {"anna\n@example.org", "a blank at character 5"},
	    {"an\x01na@example.org", "U+0001 at character 3"},
	    {"an\xe2\x80\xaena@example.org", "U+202E at character 3"},
	    {"an\xc2\xa0na@example.org", "a blank at character 3"},
	    {"\"anna\"@example.org", "'\"' at character 1"},
	    {"Anna <anna@example.org>", "a blank"},
	    {"<anna@example.org>", "'<' at character 1"},
	    {"anna@(comment)example.org", "'(' at character 6"},
	    {"anna\\@example.org", "'\\' at character 5"},
	    {"a@b@example.org", "'@' at character 2"},
	    {".anna@example.org", "a dot must stand"},
	    {"anna.@example.org", "a dot must stand"},
	    {"an..na@example.org", "a dot must stand"},
	    {"anna@.example.org", "an empty part"},
	    {"anna@example..org", "an empty part"},
	    {"anna@example.org.", "an empty part"},
	    {"anna@-example.org", "begins or ends with \"-\""},
	    {"anna@example-.org", "begins or ends with \"-\""},
	    {"anna@exam_ple.org", "'_' at character 10"},
	    {"anna@192.0.2.1", "not an IP address"},
	    {"anna@[192.0.2.1]", "'[' at character 6"},
	    {"an\xffna@example.org", "not valid UTF-8"},
	    {"an\xf0\x9f\x98\x80na@example.org", "U+1F600 at character 3"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_false(jp_address_check(bad[i].email, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
		if (!strstr(error->message, bad[i].says))
			g_error(
			    "case %d: \"%s\" lacks \"%s\"", (int)i, error->message, bad[i].says);
	}
}

static char *
repeat(char c, gsize n)
{
	char *s = g_malloc(n + 1);

	memset(s, c, n);
	s[n] = '\0';
	return s;
}

static gboolean
is_good(const char *local, const char *domain)
{
	g_autofree char *email = g_strconcat(local, "@", domain, NULL);

	return jp_address_check(email, NULL);
}

static void
test_lengths(void)
{
	g_autofree char *l63 = repeat('a', 63), *l64 = repeat('a', 64), *l65 = repeat('a', 65);
	g_autofree char *label63 = g_strconcat(l63, ".example", NULL);
	g_autofree char *label64 = g_strconcat(l64, ".example", NULL);
	g_autofree char *d255 = g_strjoin(".", l63, l63, l63, l63, NULL);

	g_assert_true(is_good(l64, "example.org"));
	g_assert_false(is_good(l65, "example.org"));
	g_assert_true(is_good("a", label63));
	g_assert_false(is_good("a", label64));
	g_assert_false(is_good("a", d255));
}

/* Bounce and error texts reach the cron mail: no address in them. */
static void
test_error_hides_address(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(jp_address_check("secret.person@example.org,x", &error));
	g_assert_null(strstr(error->message, "secret"));
	g_assert_null(strstr(error->message, "example"));
}

static void
test_wire(void)
{
	static const char *const cases[][2] = {
	    {"anna@example.org", "anna@example.org"},
	    {"Anna@Example.ORG", "Anna@example.org"},
	    {"jörg@bücher.example", "jörg@xn--bcher-kva.example"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *wire = jp_address_wire(cases[i][0]);

		g_assert_cmpstr(wire, ==, cases[i][1]);
	}
}

static void
test_key(void)
{
	static const char *const same[][2] = {
	    {"Anna@Example.ORG", "anna@example.org"},
	    {"INFO@bücher.example", "info@xn--bcher-kva.example"},
	    {"JÖRG@example.org", "jo\xcc\x88rg@example.org"}, /* composed or not */
	};
	static const char *const differ[][2] = {
	    {"jorg@example.org", "jörg@example.org"},
	    {"anna+x@example.org", "anna@example.org"},
	    {"an.na@example.org", "anna@example.org"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(same); i++) {
		g_autofree char *a = jp_address_key(same[i][0]), *b = jp_address_key(same[i][1]);

		g_assert_cmpstr(a, ==, b);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(differ); i++) {
		g_autofree char *a = jp_address_key(differ[i][0]),
				*b = jp_address_key(differ[i][1]);

		g_assert_cmpstr(a, !=, b);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/mail/address/good", test_good);
	g_test_add_func("/mail/address/bad", test_bad);
	g_test_add_func("/mail/address/lengths", test_lengths);
	g_test_add_func("/mail/address/error-hides-address", test_error_hides_address);
	g_test_add_func("/mail/address/wire", test_wire);
	g_test_add_func("/mail/address/key", test_key);
	return g_test_run();
}
