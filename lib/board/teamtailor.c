/*
 * Teamtailor: GET https://{slug}.teamtailor.com/jobs.json, a JSON Feed whose items carry a
 * schema.org object; an employer's own domain answers too and is a token of its own.  The subdomain
 * often redirects there: the host that answered is remembered as the region and asked from then on.
 *
 * Unlike a feed it is the whole board (section 10), as far as was seen on small ones: a number of
 * items that looks like a bound, or a page that follows, makes the listing partial.  RSS from the
 * same place is read too.
 */
#include "board/internal.h"

#include <string.h>

#define SUFFIX ".teamtailor.com"
/* Listings were seen whole up to 9; a bound would be a round number from here on. */
#define ROUND 50

static const char *const suffixes[] = {SUFFIX, NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_tenant_recognise(suffixes, url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_tenant_token("teamtailor", given, TRUE, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_tenant_url(b, SUFFIX, "/jobs.json");
}

/* From an own host that is gone back to the service's. */
static const char *
next_region(const char *region)
{
	return region && *region ? "" : NULL;
}

static char *
region_of(const jp_board_ref *b, const char *url)
{
	return jp_tenant_moved(b, SUFFIX, url);
}

/* A further page that the feed names, which only JSON Feed can. */
static gboolean
goes_on(const char *body, gsize len)
{
	g_autoptr(jp_json) json = NULL;

	if (!g_strstr_len(body, (gssize)len, "\"next_url\""))
		return FALSE;
	json = jp_json_read(body, len, NULL);
	return jp_json_text(jp_json_root(json), "next_url") != NULL;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autofree char *address = jp_tenant_page(b, SUFFIX, "/jobs.json");
	jp_board_ref feed = *b;
	guint n;

	feed.token = address;
	if (!jp_adapter_feed.parse(out, &feed, body, len, page, now, more, error))
		return FALSE;
	out->complete = out->incomplete_why == NULL;
	out->ttl = 0;
	n = g_hash_table_size(out->ids) + out->n_bad;
	if (goes_on(body, len))
		jp_listing_partial(out, "the feed goes on at another address");
	else if (n > 0 && n % ROUND == 0)
		jp_listing_partial(out, "exactly %u postings came: there may be more", n);
	return TRUE;
}

const jp_adapter jp_adapter_teamtailor = {
    .kind = "teamtailor",
    .summary = "Teamtailor careers pages ({slug}.teamtailor.com, or the employer's own host)",
    .accept = "application/feed+json, application/json;q=0.9",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
    .next_region = next_region,
    .region_of = region_of,
};
