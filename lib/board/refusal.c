/*
 * Refusals that look like answers: pages that ask a browser to prove itself, log-in pages, and a
 * server's own error pages, whatever status they come with.  "Blocked is not empty" (R4): such a
 * page is no listing, and what it is is named.  Pure.
 *
 * The marks are those that only such pages have.  What the same vendors put into pages that they
 * let through (scripts that watch, forms with a captcha) is none of them.
 */
#include "board/internal.h"

#include <string.h>

/* Marks stand near the beginning; a page that is larger is a page. */
#define LOOK_AT (64 * JP_KIB)

static const struct {
	const char *mark;  /* as it stands in the page */
	const char *other; /* and this too; NULL */
	const char *name;
} marks[] = {
    {"_cf_chl_opt", NULL, "Cloudflare"},
    {"cf-challenge-running", NULL, "Cloudflare"},
    {"<title>Just a moment...</title>", NULL, "Cloudflare"},
    {"<title>Attention Required! | Cloudflare</title>", NULL, "Cloudflare"},
    {"cf-error-details", "Cloudflare Ray ID", "Cloudflare"},
    {"Incapsula incident ID", NULL, "Imperva"},
    {"geo.captcha-delivery.com", NULL, "DataDome"},
    {"px-captcha", NULL, "PerimeterX"},
    {"window.gokuProps", NULL, "AWS WAF"},
    {"<TITLE>Access Denied</TITLE>", "Reference&#32;&#35;", "Akamai"},
    {"sec-if-cpt-container", NULL, "Akamai"},
};

/* Segments of paths where one logs in. */
static const char *const logins[] = {"login", "log-in", "log_in", "signin", "sign-in", "sign_in",
    "sso", "authorize", "login.aspx", "login.php", "login.html"};

/* What titles of error pages begin with, before a status and then the words, or one of both. */
static const char *const error_prefixes[] = {"http status", "http", "error"};
static const char *const error_words[] = {"not found", "page not found", "file not found",
    "forbidden", "access denied", "unauthorized", "bad request", "gone", "too many requests",
    "internal server error", "server error", "bad gateway", "service unavailable",
    "service temporarily unavailable", "temporarily unavailable", "gateway timeout",
    "gateway time-out", "origin is unreachable", "web server is down"};

static const char *
challenger_of(const char *body, gsize len)
{
	gssize n = (gssize)MIN(len, LOOK_AT);

	for (gsize i = 0; i < G_N_ELEMENTS(marks); i++)
		if (g_strstr_len(body, n, marks[i].mark) &&
		    (!marks[i].other || g_strstr_len(body, n, marks[i].other)))
			return marks[i].name;
	return NULL;
}

static char *
challenge(const char *body, gsize len)
{
	const char *name = challenger_of(body, len);

	return name ? g_strdup_printf("a challenge of %s, which only a browser passes", name)
		    : NULL;
}

/* ---- error pages ------------------------------------------------------------------------ */

/* Where the page has this word, in any case, in what is looked at; NULL: nowhere. */
static const char *
find_word(const char *from, const char *end, const char *word)
{
	gsize n = strlen(word);

	for (; (gsize)(end - from) >= n; from++)
		if (g_ascii_strncasecmp(from, word, n) == 0)
			return from;
	return NULL;
}

/* What stands in the first element of this name ("<title"), trimmed; NULL: there is none. */
static char *
text_in(const char *body, gsize len, const char *name)
{
	const char *end = body + MIN(len, LOOK_AT);
	const char *at = find_word(body, end, name);
	const char *from = at ? memchr(at, '>', (gsize)(end - at)) : NULL;
	const char *to = from ? memchr(from, '<', (gsize)(end - from)) : NULL;

	return to ? g_strstrip(g_strndup(from + 1, (gsize)(to - from - 1))) : NULL;
}

/* Whether the text begins with the word, and the word ends there. */
static gboolean
begins(const char *text, const char *word)
{
	gsize n = strlen(word);

	return g_ascii_strncasecmp(text, word, n) == 0 && !g_ascii_isalnum(text[n]);
}

/* "404", "503 Service Unavailable", "HTTP Status 404 - Not Found", "Page not found | Acme". */
static gboolean
is_error_title(const char *t)
{
	gboolean has_status;

	for (gsize i = 0; i < G_N_ELEMENTS(error_prefixes); i++)
		if (begins(t, error_prefixes[i]) && t[strlen(error_prefixes[i])] == ' ')
			t += strlen(error_prefixes[i]) + 1;
	has_status = (*t == '4' || *t == '5') && g_ascii_isdigit(t[1]) && g_ascii_isdigit(t[2]) &&
	    !g_ascii_isalnum(t[3]);
	if (has_status) {
		/* and what stands between it and the words, a dash of any kind among them */
		for (t += 3; *t && !g_ascii_isalnum(*t); t++)
			;
		if (!*t)
			return TRUE;
	}
	for (gsize i = 0; i < G_N_ELEMENTS(error_words); i++) {
		const char *rest = t + strlen(error_words[i]);

		if (!begins(t, error_words[i]))
			continue;
		/* "Forbidden Island" is the name of something */
		while (!has_status && *rest == ' ')
			rest++;
		if (has_status || !g_ascii_isalnum(*rest))
			return TRUE;
	}
	return FALSE;
}

char *
jp_outcome_error_page(const char *body, gsize len)
{
	g_autofree char *title = NULL, *shown = NULL;

	if (!jp_html_looks_like(body, (gssize)len))
		return NULL;
	title = text_in(body, len, "<title");
	if (!title)
		title = text_in(body, len, "<h1");
	if (!title || !is_error_title(title))
		return NULL;
	shown = jp_listing_excerpt(title);
	return g_strdup_printf("an error page, \"%s\"", shown);
}

char *
jp_outcome_page(const char *body, gsize len)
{
	char *what = NULL;

	if (jp_html_looks_like(body, (gssize)len))
		what = challenge(body, len);
	return what ? what : jp_outcome_error_page(body, len);
}

/* ---- log-ins ---------------------------------------------------------------------------- */

/* Whether the path of a URL leads to a log-in. */
static gboolean
is_login(const char *url)
{
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_PARSE_RELAXED, NULL);
	g_auto(GStrv) parts = uri ? g_strsplit(g_uri_get_path(uri), "/", -1) : NULL;

	for (guint i = 0; parts && parts[i]; i++)
		for (gsize n = 0; n < G_N_ELEMENTS(logins); n++)
			if (g_ascii_strcasecmp(parts[i], logins[n]) == 0)
				return TRUE;
	return FALSE;
}

/* Host of a URL, fit for a message, or NULL; g_free. */
static char *
host_of(const char *url)
{
	g_autoptr(GUri) uri = url ? g_uri_parse(url, G_URI_FLAGS_PARSE_RELAXED, NULL) : NULL;
	const char *host = uri ? g_uri_get_host(uri) : NULL;
	g_autofree char *lower = host ? g_ascii_strdown(host, -1) : NULL;

	return lower ? jp_listing_excerpt(lower) : NULL;
}

char *
jp_outcome_refusal(const char *asked, const jp_http_response *r)
{
	g_autofree char *what = NULL, *to = NULL;

	if (r->outcome != JP_HTTP_ANSWER || !jp_html_looks_like(r->body, (gssize)r->len))
		return NULL;
	what = challenge(r->body, r->len);
	if (what)
		return g_strdup_printf("HTTP %d with %s", r->status, what);
	if (!asked || !r->url || !is_login(r->url) || is_login(asked))
		return NULL;
	to = host_of(r->url);
	return g_strdup_printf("it leads to a log-in page of %s", to ? to : "another host");
}

char *
jp_outcome_unread_why(const char *asked, const jp_http_response *r, const char *why)
{
	char *refusal = jp_outcome_refusal(asked, r);
	g_autofree char *page = NULL, *from = NULL, *to = NULL;

	if (refusal || !jp_html_looks_like(r->body, (gssize)r->len))
		return refusal ? refusal : g_strdup(why);
	page = jp_outcome_error_page(r->body, r->len);
	if (page)
		return g_strdup_printf("HTTP %d with %s: %s", r->status, page, why);
	from = host_of(asked);
	to = host_of(r->url);
	if (from && to && strcmp(from, to) != 0)
		return g_strdup_printf("it leads to a page of %s: %s", to, why);
	return g_strdup(why);
}
