/*
 * Refusals that look like answers: pages that ask a browser to prove itself, and log-in pages,
 * whatever status they come with.  "Blocked is not empty" (R4): such a page is no listing, and what
 * it is is named.  Pure.
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
	const char *name;
	g_autofree char *to = NULL;

	if (r->outcome != JP_HTTP_ANSWER || !jp_html_looks_like(r->body, (gssize)r->len))
		return NULL;
	name = challenger_of(r->body, r->len);
	if (name)
		return g_strdup_printf(
		    "HTTP %d with a challenge of %s, which only a browser passes", r->status, name);
	if (!asked || !r->url || !is_login(r->url) || is_login(asked))
		return NULL;
	to = host_of(r->url);
	return g_strdup_printf("it leads to a log-in page of %s", to ? to : "another host");
}

char *
jp_outcome_unread_why(const char *asked, const jp_http_response *r, const char *why)
{
	char *refusal = jp_outcome_refusal(asked, r);
	g_autofree char *from = NULL, *to = NULL;

	if (refusal || !jp_html_looks_like(r->body, (gssize)r->len))
		return refusal ? refusal : g_strdup(why);
	from = host_of(asked);
	to = host_of(r->url);
	if (from && to && strcmp(from, to) != 0)
		return g_strdup_printf("it leads to a page of %s: %s", to, why);
	return g_strdup(why);
}
