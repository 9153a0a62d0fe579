/*
 * An answer that is kept for longer than the call that tells of it, and its body inflated.
 */
#include <string.h>

#include "http/internal.h"

char *
jp_response_too_large(const char *server, gsize max)
{
	return g_strdup_printf(
	    "%s sends a body larger than http.max_body (%" G_GSIZE_FORMAT " bytes)", server, max);
}

jp_http_outcome
jp_response_inflate(const char *server, gsize max, char **body, gsize *len, char **why)
{
	char *text;
	gsize text_len;

	switch (jp_inflate_gzip(*body, *len, max, &text, &text_len)) {
	case JP_INFLATED:
		g_free(*body);
		*body = text;
		*len = text_len;
		return JP_HTTP_ANSWER;
	case JP_INFLATED_BROKEN:
		*why = g_strdup_printf("%s: a gzip that is broken or was cut short", server);
		return JP_HTTP_NETWORK;
	case JP_INFLATED_TOO_LARGE:
		*why = jp_response_too_large(server, max);
		return JP_HTTP_REFUSED;
	}
	return JP_HTTP_ANSWER;
}

/* It is no answer after all; takes why. */
static void
spoil(jp_http_response *r, jp_http_outcome outcome, char *why)
{
	g_free((char *)r->why);
	g_free((char *)r->body);
	g_clear_pointer((char **)&r->content_type, g_free);
	g_clear_pointer((char **)&r->etag, g_free);
	g_clear_pointer((char **)&r->last_modified, g_free);
	r->outcome = outcome;
	r->status = 0;
	r->why = why;
	r->body = g_strdup("");
	r->len = 0;
}

gboolean
jp_http_response_inflate(jp_http_response *r, gsize max)
{
	char *body = (char *)r->body, *why = NULL;
	jp_http_outcome outcome;

	if (!r->is_gzip)
		return TRUE;
	outcome = jp_response_inflate(r->server, MIN(max, r->max_body), &body, &r->len, &why);
	if (outcome == JP_HTTP_REFUSED && max < r->max_body) {
		g_free(why);
		return FALSE;
	}
	r->body = body;
	r->is_gzip = FALSE;
	if (outcome != JP_HTTP_ANSWER)
		spoil(r, outcome, why);
	return TRUE;
}

jp_http_response *
jp_http_response_keep(const jp_http_response *r)
{
	jp_http_response *kept = g_memdup2(r, sizeof *r);
	jp_transfer *t = r->of;

	kept->url = g_strdup(r->url);
	kept->content_type = g_strdup(r->content_type);
	kept->etag = g_strdup(r->etag);
	kept->last_modified = g_strdup(r->last_modified);
	kept->why = g_strdup(r->why);
	kept->server = g_strdup(r->server);
	kept->of = NULL;
	if (t && r->body == t->content->str)
		kept->body = g_string_free(g_steal_pointer(&t->content), FALSE);
	else
		kept->body = g_memdup2(r->body, r->len + 1);
	return kept;
}

void
jp_http_response_free(jp_http_response *r)
{
	if (!r)
		return;
	g_free((char *)r->url);
	g_free((char *)r->content_type);
	g_free((char *)r->etag);
	g_free((char *)r->last_modified);
	g_free((char *)r->why);
	g_free((char *)r->server);
	g_free((char *)r->body);
	g_free(r);
}
