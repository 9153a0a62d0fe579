/*
 * Tokens that say who: in unsubscribe links and in the envelope sender (VERP).  A token is 27 bytes
 * in lower-case base32 (RFC 4648, no padding), 44 characters:
 *
 *	version 1 | key id 1 | purpose 1 | id 8, big-endian | HMAC-SHA256 of these 11 bytes, its
 *first 16
 *
 * The key file has a line a key: its id, a blank, 64 hexadecimal digits; "#" begins a comment.  Ids
 * 1 to 255 sign: the highest one signs, all of them verify, so that a new key is a new line and
 * tokens in old mails go on working (U07).  Id 0 is the key of the suppression hashes: it is never
 * replaced, since the addresses behind those hashes are gone.  Key material is wiped when freed.
 */
#include "mail/mail.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TOKEN_VERSION 1
#define KEY_LEN       32
#define HEAD_LEN      11
#define MAC_LEN       16
#define RAW_LEN       (HEAD_LEN + MAC_LEN)
#define TEXT_LEN      ((RAW_LEN * 8 + 4) / 5)
#define HASH_LEN      32
#define KEY_DIGITS    64
#define MAX_KEY_ID    255
#define MAX_KEY_FILE  (64 * JP_KIB)

G_STATIC_ASSERT(TEXT_LEN == 44 && TEXT_LEN <= 57);

struct jp_keys {
	guint8 key[MAX_KEY_ID + 1][KEY_LEN];
	gboolean has[MAX_KEY_ID + 1];
	guint newest;
};

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

/* ---- the key file ---------------------------------------------------------------------------- */

static void
append_key(GString *s, guint id)
{
	guint8 key[KEY_LEN];

	jp_random_bytes(key, sizeof(key));
	g_string_append_printf(s, "%u ", id);
	for (gsize i = 0; i < sizeof(key); i++)
		g_string_append_printf(s, "%02x", key[i]);
	g_string_append_c(s, '\n');
	explicit_bzero(key, sizeof(key));
}

static char *
fresh_file(gsize *len)
{
	GString *s = g_string_new(
	    "# JobPing: keys of the links in mails.  Keep it secret and backed up.\n"
	    "# Key 0 hashes suppressed addresses and is never replaced; of the others\n"
	    "# the highest signs and all verify: add a line to begin a new one.\n");

	append_key(s, 0);
	append_key(s, 1);
	*len = s->len;
	return g_string_free(s, FALSE);
}

/* A link, unlike a rename, never replaces what another run has just made. */
static gboolean
publish(const char *temp, const char *path, GError **error)
{
	int err = link(temp, path) == 0 ? 0 : errno;

	(void)unlink(temp); /* if it stays, it is a stray 0600 file, not an error */
	if (err && err != EEXIST)
		return jp_error_errno(error, err, "%s", path);
	return TRUE;
}

gboolean
jp_keys_make(const char *path, GError **error)
{
	g_autofree char *temp = NULL;
	g_autofree char *text = NULL;
	gsize len = 0;
	guint32 suffix;
	gboolean ok;

	if (access(path, F_OK) == 0)
		return TRUE;
	jp_random_bytes(&suffix, sizeof(suffix));
	temp = g_strdup_printf("%s.%08x", path, suffix);
	text = fresh_file(&len);
	ok = jp_file_write(temp, text, len, 0600, error) && publish(temp, path, error);
	explicit_bzero(text, len);
	return ok;
}

static gboolean
parse_hex(const char *hex, guint8 *key)
{
	if (strlen(hex) != KEY_DIGITS)
		return FALSE;
	for (gsize i = 0; i < KEY_LEN; i++) {
		int hi = g_ascii_xdigit_value(hex[2 * i]),
		    lo = g_ascii_xdigit_value(hex[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return FALSE;
		key[i] = (guint8)(hi << 4 | lo);
	}
	return TRUE;
}

/* One line; writes into it.  The message never quotes the line: it may be half a key. */
static const char *
parse_line(jp_keys *k, char *line)
{
	char *hex = line + strcspn(line, " \t");
	gint64 id;

	if (!*hex)
		return "an id, a blank and 64 hexadecimal digits are wanted";
	*hex++ = '\0';
	if (!jp_int_parse(line, 0, MAX_KEY_ID, &id))
		return "the id must be 0 to 255";
	if (k->has[id])
		return "this id stands there twice";
	if (!parse_hex(g_strstrip(hex), k->key[id]))
		return "64 hexadecimal digits are wanted after the id";
	k->has[id] = TRUE;
	k->newest = MAX(k->newest, (guint)id);
	return NULL;
}

static gboolean
parse_file(jp_keys *k, char *text, const char *path, GError **error)
{
	guint number = 0;

	for (char *line = text, *next; line; line = next) {
		const char *what = NULL;

		number++;
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		g_strstrip(line);
		if (*line && *line != '#')
			what = parse_line(k, line);
		if (what) {
			g_set_error(
			    error, JP_ERROR, JP_ERROR_CONFIG, "%s:%u: %s", path, number, what);
			return FALSE;
		}
	}
	if (k->has[0] && k->newest > 0)
		return TRUE;
	g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
	    "%s: key 0 and at least one other are wanted; restore the file from its backup", path);
	return FALSE;
}

/* A key that others can read can be used by them to unsubscribe everybody. */
static gboolean
check_mode(const char *path, GError **error)
{
	struct stat st;

	if (stat(path, &st) != 0) {
		if (errno != ENOENT)
			return jp_error_errno(error, errno, "%s", path);
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "%s: no key file; `jp-db init` makes one, or restore yours", path);
		return FALSE;
	}
	if (!(st.st_mode & (S_IRWXG | S_IRWXO)))
		return TRUE;
	g_set_error(error, JP_ERROR, JP_ERROR_PERM,
	    "%s: others may read this key file; chmod 600 it", path);
	return FALSE;
}

jp_keys *
jp_keys_load(const char *path, GError **error)
{
	g_autoptr(jp_keys) k = g_new0(jp_keys, 1);
	g_autofree char *text = NULL;
	gsize len = 0;
	gboolean ok;

	if (!check_mode(path, error) || !jp_file_read(path, MAX_KEY_FILE, &text, &len, error))
		return NULL;
	ok = parse_file(k, text, path, error);
	explicit_bzero(text, len);
	return ok ? g_steal_pointer(&k) : NULL;
}

void
jp_keys_free(jp_keys *k)
{
	if (!k)
		return;
	explicit_bzero(k, sizeof(*k));
	g_free(k);
}

/* ---- base32 ---------------------------------------------------------------------------------- */

static char *
base32_write(const guint8 *raw, gsize len)
{
	GString *s = g_string_sized_new(TEXT_LEN + 1);
	guint32 bits = 0;
	guint n = 0;

	for (gsize i = 0; i < len; i++) {
		bits = bits << 8 | raw[i];
		for (n += 8; n >= 5; n -= 5)
			g_string_append_c(s, alphabet[bits >> (n - 5) & 31]);
	}
	if (n)
		g_string_append_c(s, alphabet[bits << (5 - n) & 31]);
	return g_string_free(s, FALSE);
}

static int
base32_value(char c)
{
	c = g_ascii_tolower(c);
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* Exactly RAW_LEN bytes.  Capitals are taken, since mail servers may change the case of a local
 * part; bits left over must be zero, so that a token has one spelling. */
static gboolean
base32_read(const char *text, guint8 *raw)
{
	guint32 bits = 0;
	guint n = 0;
	gsize at = 0;

	if (strlen(text) != TEXT_LEN)
		return FALSE;
	for (; *text; text++) {
		int v = base32_value(*text);

		if (v < 0)
			return FALSE;
		bits = bits << 5 | (guint32)v;
		n += 5;
		if (n >= 8) {
			n -= 8;
			raw[at++] = (guint8)(bits >> n);
		}
	}
	return (bits & ((1u << n) - 1)) == 0;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static void
hmac(const guint8 *key, const void *data, gsize len, guint8 *out)
{
	GHmac *h = g_hmac_new(G_CHECKSUM_SHA256, key, KEY_LEN);
	gsize out_len = HASH_LEN;

	g_hmac_update(h, data, (gssize)len);
	g_hmac_get_digest(h, out, &out_len);
	g_hmac_unref(h);
}

char *
jp_token_write(const jp_keys *k, jp_purpose purpose, gint64 id)
{
	guint8 raw[RAW_LEN] = {TOKEN_VERSION, (guint8)k->newest, (guint8)purpose};
	guint64 be = GUINT64_TO_BE((guint64)id);
	guint8 mac[HASH_LEN];

	memcpy(raw + 3, &be, sizeof(be));
	hmac(k->key[k->newest], raw, HEAD_LEN, mac);
	memcpy(raw + HEAD_LEN, mac, MAC_LEN);
	return base32_write(raw, sizeof(raw));
}

/* Looks at every byte whatever it finds. */
static gboolean
eq_constant_time(const guint8 *a, const guint8 *b, gsize len)
{
	guint diff = 0;

	for (gsize i = 0; i < len; i++)
		diff |= (guint)(a[i] ^ b[i]);
	return diff == 0;
}

gboolean
jp_token_read(const jp_keys *k, jp_purpose purpose, const char *token, gint64 *id)
{
	guint8 raw[RAW_LEN] = {0}, mac[HASH_LEN];
	guint64 be;

	if (!token || !base32_read(token, raw))
		return FALSE;
	if (raw[0] != TOKEN_VERSION || raw[1] == 0 || !k->has[raw[1]] || raw[2] != (guint8)purpose)
		return FALSE;
	hmac(k->key[raw[1]], raw, HEAD_LEN, mac);
	if (!eq_constant_time(mac, raw + HEAD_LEN, MAC_LEN))
		return FALSE;
	memcpy(&be, raw + 3, sizeof(be));
	*id = (gint64)GUINT64_FROM_BE(be);
	return TRUE;
}

void
jp_suppression_hash(const jp_keys *k, const char *email, guint8 *out)
{
	g_autofree char *key = jp_address_key(email);

	hmac(k->key[0], key, strlen(key), out);
}
