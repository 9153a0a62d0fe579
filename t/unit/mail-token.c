/* Tests of lib/mail/token.c: the key file, tokens that cannot be forged, suppression hashes. */
#include "mail/mail.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEX_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define HEX_B "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f"
#define HEX_C "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

typedef struct place {
	char *dir, *path;
} place;

static void
set_up(place *p, gconstpointer data)
{
	(void)data;
	p->dir = g_dir_make_tmp("jp-token-XXXXXX", NULL);
	g_assert_nonnull(p->dir);
	p->path = g_build_filename(p->dir, "keys", NULL);
}

static void
tear_down(place *p, gconstpointer data)
{
	(void)data;
	(void)unlink(p->path);
	g_assert_cmpint(rmdir(p->dir), ==, 0); /* and nothing else was left behind */
	g_free(p->path);
	g_free(p->dir);
}

static void
write_keys(const place *p, const char *text)
{
	g_assert_true(g_file_set_contents(p->path, text, -1, NULL));
	g_assert_cmpint(chmod(p->path, 0600), ==, 0);
}

static jp_keys *
keys_of(const place *p, const char *text)
{
	g_autoptr(GError) error = NULL;
	jp_keys *k;

	write_keys(p, text);
	k = jp_keys_load(p->path, &error);
	g_assert_no_error(error);
	return k;
}

static void
test_make(place *p, gconstpointer data)
{
	g_autoptr(jp_keys) k = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *first = NULL, *second = NULL;
	struct stat st;

	(void)data;
	g_assert_true(jp_keys_make(p->path, &error));
	g_assert_cmpint(stat(p->path, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	k = jp_keys_load(p->path, &error);
	g_assert_no_error(error);
	g_assert_nonnull(k);
	g_assert_true(g_file_get_contents(p->path, &first, NULL, NULL));
	g_assert_true(jp_keys_make(p->path, &error));
	g_assert_true(g_file_get_contents(p->path, &second, NULL, NULL));
	g_assert_cmpstr(first, ==, second);
}

static void
test_make_no_folder(place *p, gconstpointer data)
{
	g_autofree char *path = g_build_filename(p->dir, "none", "keys", NULL);
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_false(jp_keys_make(path, &error));
	g_assert_nonnull(error);
}

static void
test_load_refuses_readable(place *p, gconstpointer data)
{
	static const int modes[] = {0640, 0604, 0660, 0602, 0610};

	(void)data;
	write_keys(p, "0 " HEX_A "\n1 " HEX_B "\n");
	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_cmpint(chmod(p->path, (mode_t)modes[i]), ==, 0);
		g_assert_null(jp_keys_load(p->path, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_PERM);
	}
}

static void
test_load_missing(place *p, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_null(jp_keys_load(p->path, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "jp-db init"));
}

static void
test_load_broken(place *p, gconstpointer data)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
	    {"", "key 0 and at least one other"},
	    {"0 " HEX_A "\n", "key 0 and at least one other"},
	    {"1 " HEX_A "\n", "key 0 and at least one other"},
	    {"0 " HEX_A "\n1\n", ":2: an id, a blank"},
	    {"0 " HEX_A "\nx " HEX_B "\n", ":2: the id must be"},
	    {"0 " HEX_A "\n256 " HEX_B "\n", ":2: the id must be"},
	    {"0 " HEX_A "\n-1 " HEX_B "\n", ":2: the id must be"},
	    {"0 " HEX_A "\n1 " HEX_B "0\n", ":2: 64 hexadecimal digits"},
	    {"# c\n\n0 " HEX_A "\n1 ab\n", ":4: 64 hexadecimal digits"},
	    {"0 " HEX_A "\n1 " HEX_B "\n1 " HEX_B "\n", ":3: this id stands there twice"},
	};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;

		write_keys(p, bad[i].text);
		g_assert_null(jp_keys_load(p->path, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		if (!strstr(error->message, bad[i].says))
			g_error("case %d: \"%s\"", (int)i, error->message);
		g_assert_null(strstr(error->message, "f0f1"));
	}
}

/* The wire form is fixed: links in mails sent years ago must go on working (U07). */
static void
test_known_answer(place *p, gconstpointer data)
{
	g_autoptr(jp_keys) k = keys_of(p, "0 " HEX_A "\n1 " HEX_B "\n");
	g_autofree char *token = jp_token_write(k, JP_PURPOSE_UNSUBSCRIBE, 42);

	(void)data;
	g_assert_cmpstr(token, ==, "aeaqcaaaaaaaaaaafj7z6gqitggsqf3jbcpcm24q2z4q");
}

static void
test_round_trip(place *p, gconstpointer data)
{
	static const gint64 ids[] = {0, 1, 42, 0xffffffff, G_MAXINT64, -1, G_MININT64};
	g_autoptr(jp_keys) k = keys_of(p, "0 " HEX_A "\n1 " HEX_B "\n");

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++) {
		g_autofree char *token = jp_token_write(k, JP_PURPOSE_BOUNCE, ids[i]);
		g_autofree char *upper = g_ascii_strup(token, -1);
		gint64 id = 7;

		g_assert_cmpuint(strlen(token), <=, 57);
		g_assert_cmpuint(
		    strspn(token, "abcdefghijklmnopqrstuvwxyz234567"), ==, strlen(token));
		g_assert_true(jp_token_read(k, JP_PURPOSE_BOUNCE, token, &id));
		g_assert_cmpint(id, ==, ids[i]);
		g_assert_true(jp_token_read(k, JP_PURPOSE_BOUNCE, upper, &id));
		g_assert_cmpint(id, ==, ids[i]);
	}
}

static void
test_purpose(place *p, gconstpointer data)
{
	g_autoptr(jp_keys) k = keys_of(p, "0 " HEX_A "\n1 " HEX_B "\n");
	gint64 id = 7;

	(void)data;
	for (int a = JP_PURPOSE_UNSUBSCRIBE; a <= JP_PURPOSE_MANAGE; a++) {
		g_autofree char *token = jp_token_write(k, (jp_purpose)a, 42);

		for (int b = JP_PURPOSE_UNSUBSCRIBE; b <= JP_PURPOSE_MANAGE; b++)
			g_assert_true(jp_token_read(k, (jp_purpose)b, token, &id) == (a == b));
	}
}

/* Every single changed, missing or added character is noticed. */
static void
test_forged(place *p, gconstpointer data)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
	g_autoptr(jp_keys) k = keys_of(p, "0 " HEX_A "\n1 " HEX_B "\n");
	g_autofree char *token = jp_token_write(k, JP_PURPOSE_UNSUBSCRIBE, 42);
	g_autofree char *longer = g_strconcat(token, "a", NULL);
	gint64 id = 7;

	(void)data;
	for (gsize i = 0; token[i]; i++) {
		char was = token[i];

		for (const char *c = alphabet; *c; c++) {
			token[i] = *c;
			g_assert_true(
			    jp_token_read(k, JP_PURPOSE_UNSUBSCRIBE, token, &id) == (*c == was));
		}
		token[i] = '\0';
		g_assert_false(jp_token_read(k, JP_PURPOSE_UNSUBSCRIBE, token, &id));
		token[i] = was;
	}
	g_assert_false(jp_token_read(k, JP_PURPOSE_UNSUBSCRIBE, longer, &id));
	g_assert_false(jp_token_read(k, JP_PURPOSE_UNSUBSCRIBE, "", &id));
	g_assert_false(jp_token_read(k, JP_PURPOSE_UNSUBSCRIBE, NULL, &id));
	token[3] = '=';
	g_assert_false(jp_token_read(k, JP_PURPOSE_UNSUBSCRIBE, token, &id));
}

static void
test_key_change(place *p, gconstpointer data)
{
	g_autoptr(jp_keys) before = keys_of(p, "0 " HEX_A "\n1 " HEX_B "\n");
	g_autoptr(jp_keys) after = keys_of(p, "2 " HEX_C "\n0 " HEX_A "\n1 " HEX_B "\n");
	g_autoptr(jp_keys) later = keys_of(p, "2 " HEX_C "\n0 " HEX_A "\n");
	g_autofree char *old = jp_token_write(before, JP_PURPOSE_UNSUBSCRIBE, 42);
	g_autofree char *new = jp_token_write(after, JP_PURPOSE_UNSUBSCRIBE, 42);
	gint64 id = 0;

	(void)data;
	g_assert_cmpstr(old, !=, new);
	g_assert_true(jp_token_read(after, JP_PURPOSE_UNSUBSCRIBE, old, &id));
	g_assert_cmpint(id, ==, 42);
	g_assert_true(jp_token_read(after, JP_PURPOSE_UNSUBSCRIBE, new, &id));
	g_assert_false(jp_token_read(before, JP_PURPOSE_UNSUBSCRIBE, new, &id));
	g_assert_true(jp_token_read(later, JP_PURPOSE_UNSUBSCRIBE, new, &id));
	g_assert_false(jp_token_read(later, JP_PURPOSE_UNSUBSCRIBE, old, &id));
}

static void
test_suppression(place *p, gconstpointer data)
{
	g_autoptr(jp_keys) a = keys_of(p, "0 " HEX_A "\n1 " HEX_B "\n");
	g_autoptr(jp_keys) b = keys_of(p, "0 " HEX_A "\n1 " HEX_B "\n9 " HEX_C "\n");
	g_autoptr(jp_keys) c = keys_of(p, "0 " HEX_C "\n1 " HEX_B "\n");
	guint8 one[32], two[32];

	(void)data;
	jp_suppression_hash(a, "anna@example.org", one);
	jp_suppression_hash(b, "ANNA@Example.org", two);
	g_assert_cmpmem(one, 32, two, 32);
	jp_suppression_hash(a, "anne@example.org", two);
	g_assert_cmpint(memcmp(one, two, 32), !=, 0);
	jp_suppression_hash(c, "anna@example.org", two);
	g_assert_cmpint(memcmp(one, two, 32), !=, 0);
}

#define ADD(name, func) g_test_add(name, place, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/mail/keys/make", test_make);
	ADD("/mail/keys/make-no-folder", test_make_no_folder);
	ADD("/mail/keys/refuses-readable", test_load_refuses_readable);
	ADD("/mail/keys/missing", test_load_missing);
	ADD("/mail/keys/broken", test_load_broken);
	ADD("/mail/token/known-answer", test_known_answer);
	ADD("/mail/token/round-trip", test_round_trip);
	ADD("/mail/token/purpose", test_purpose);
	ADD("/mail/token/forged", test_forged);
	ADD("/mail/token/U07-key-change", test_key_change);
	ADD("/mail/suppression/hash", test_suppression);
	return g_test_run();
}
