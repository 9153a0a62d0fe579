/*
 * E-mail addresses as subscribers have them: one dot-atom, "@", one domain name (RFC 5321 4.1.2
 * without quoted local parts and address literals, RFC 6531 letters beyond ASCII, RFC 5890 domain
 * names).  What passes the check can stand in an envelope and in a header as it is.  Pure.
 */
#include "mail/internal.h"

#include <string.h>

#define MAX_LOCAL  64 /* RFC 5321 4.5.3.1.1 */
#define MAX_DOMAIN 253
#define MAX_LABEL  63

static gboolean refuse(GError **error, const char *fmt, ...) G_GNUC_PRINTF(2, 3);

static gboolean
refuse(GError **error, const char *fmt, ...)
{
	g_autofree char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	what = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	g_set_error(error, JP_ERROR, JP_ERROR_DATA, "address: %s", what);
	return FALSE;
}

/* A letter, digit or mark beyond ASCII: no blanks, no controls, no symbols that look like
 * syntax. */
static gboolean
is_foreign_letter(gunichar c)
{
	return c >= 0x80 && (g_unichar_isalnum(c) || g_unichar_ismark(c));
}

static gboolean
is_atext(gunichar c)
{
	return c < 0x80 ? g_ascii_isalnum((char)c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", (int)c))
			: is_foreign_letter(c);
}

static gboolean
is_label_char(gunichar c)
{
	return c < 0x80 ? g_ascii_isalnum((char)c) || c == '-' : is_foreign_letter(c);
}

/* Names the character at p for the message, so that an unprintable one can be found. */
static gboolean
refuse_char(const char *email, const char *p, GError **error)
{
	gunichar c = g_utf8_get_char(p);
	long at = g_utf8_pointer_to_offset(email, p) + 1;

	if (c == ',' || c == ';' || c == '@')
		return refuse(error, "'%c' at character %ld: one address is wanted", (int)c, at);
	if (g_unichar_isspace(c))
		return refuse(error, "a blank at character %ld", at);
	if (c > 0x20 && c < 0x7f)
		return refuse(error, "'%c' at character %ld is not allowed", (int)c, at);
	return refuse(error, "U+%04X at character %ld is not allowed", c, at);
}

/* The local part, [email, at): atoms with single dots between them. */
static gboolean
check_local(const char *email, const char *at, GError **error)
{
	const char *p = email;

	if (at == email)
		return refuse(error, "nothing before the \"@\"");
	if (at - email > MAX_LOCAL)
		return refuse(error, "more than %d bytes before the \"@\"", MAX_LOCAL);
	for (; p < at; p = g_utf8_next_char(p)) {
		if (*p == '.') {
			if (p == email || p + 1 == at || p[1] == '.')
				return refuse(error, "a dot must stand between letters");
		} else if (!is_atext(g_utf8_get_char(p))) {
			return refuse_char(email, p, error);
		}
	}
	return TRUE;
}

/* One label of the domain in its ASCII form. */
static gboolean
check_label(const char *label, GError **error)
{
	gsize len = strlen(label);

	if (!len)
		return refuse(error, "an empty part in the domain");
	if (len > MAX_LABEL)
		return refuse(error, "a part of the domain is over %d characters", MAX_LABEL);
	if (label[0] == '-' || label[len - 1] == '-')
		return refuse(error, "a part of the domain begins or ends with \"-\"");
	return TRUE;
}

/* The domain in its ASCII form: two labels at least, but for the machine itself, and a last one
 * that is not a number (an address literal without its brackets). */
static gboolean
check_labels(const char *ascii, GError **error)
{
	g_auto(GStrv) labels = g_strsplit(ascii, ".", -1);
	guint n = g_strv_length(labels);

	if (strlen(ascii) > MAX_DOMAIN)
		return refuse(error, "the domain is over %d characters", MAX_DOMAIN);
	for (guint i = 0; i < n; i++)
		if (!check_label(labels[i], error))
			return FALSE;
	if (n < 2 && strcmp(ascii, "localhost") != 0)
		return refuse(error, "the domain has no dot");
	if (strspn(labels[n - 1], "0123456789") == strlen(labels[n - 1]))
		return refuse(error, "a domain name is wanted after the \"@\", not an IP address");
	return TRUE;
}

static gboolean
check_domain(const char *email, const char *domain, GError **error)
{
	g_autofree char *ascii = NULL;

	if (!*domain)
		return refuse(error, "nothing after the \"@\"");
	for (const char *p = domain; *p; p = g_utf8_next_char(p))
		if (*p != '.' && !is_label_char(g_utf8_get_char(p)))
			return refuse_char(email, p, error);
	ascii = g_hostname_to_ascii(domain);
	if (!ascii)
		return refuse(error, "the domain is not a name that DNS can hold");
	return check_labels(ascii, error);
}

gboolean
jp_address_check(const char *email, GError **error)
{
	const char *at;

	if (!email || !*email)
		return refuse(error, "empty");
	if (strlen(email) > JP_MAX_EMAIL)
		return refuse(error, "over %d bytes", JP_MAX_EMAIL);
	if (!g_utf8_validate(email, -1, NULL))
		return refuse(error, "not valid UTF-8");
	at = strrchr(email, '@');
	if (!at)
		return refuse(error, "no \"@\"");
	return check_local(email, at, error) && check_domain(email, at + 1, error);
}

/* The domain as DNS has it, lower case; a copy where there is no such form. */
static char *
domain_to_wire(const char *domain)
{
	char *ascii = g_hostname_to_ascii(domain);

	return ascii ? ascii : g_strdup(domain);
}

char *
jp_address_wire(const char *email)
{
	const char *at = strrchr(email, '@');
	g_autofree char *domain = NULL;

	if (!at)
		return g_strdup(email);
	domain = domain_to_wire(at + 1);
	return g_strdup_printf("%.*s@%s", (int)(at - email), email, domain);
}

/* Letter by letter, because g_utf8_strdown() asks the locale (a Turkish one makes I a
 * dotless i). */
static char *
lower(const char *text)
{
	g_autofree char *nfc = g_utf8_normalize(text, -1, G_NORMALIZE_NFC);
	GString *s = g_string_new(NULL);

	for (const char *p = nfc ? nfc : ""; *p; p = g_utf8_next_char(p))
		g_string_append_unichar(s, g_unichar_tolower(g_utf8_get_char(p)));
	return g_string_free(s, FALSE);
}

char *
jp_address_key(const char *email)
{
	g_autofree char *wire = jp_address_wire(email);

	return lower(wire);
}

gboolean
jp_address_is_uri(const char *text)
{
	const char *colon = strchr(text, ':');

	if (!colon || !g_ascii_isalpha(*text))
		return FALSE;
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr("<>\"\\", *p))
			return FALSE;
	return TRUE;
}

char *
jp_address_uri(const char *contact)
{
	g_autofree char *wire = NULL;
	g_autofree char *escaped = NULL;

	if (!contact || !jp_address_check(contact, NULL))
		return contact && jp_address_is_uri(contact) ? g_strdup(contact) : NULL;
	wire = jp_address_wire(contact);
	escaped = g_uri_escape_string(wire, "@!$'*+", FALSE);
	return g_strconcat("mailto:", escaped, NULL);
}
