/*
 * An answer that is kept for longer than the call that tells of it.
 */
#include <string.h>

#include "http/internal.h"

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
	g_free((char *)r->body);
	g_free(r);
}
