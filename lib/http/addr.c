/*
 * Which addresses may be connected to (promise 6).  Public is what the registries of
 * special-purpose addresses (RFC 6890 and its updates) leave over; of IPv6 only 2000::/3 was ever
 * given out.  Forms that carry an IPv4 address are judged by that address.  What the operator lists
 * in http.allow is permitted besides.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "http/internal.h"

typedef struct net {
	const guint8 bytes[16];
	guint bits;
} net;

/* IPv4 that is not public; RFC numbers say who took it. */
static const net special4[] = {
    {{0}, 8},             /* this network, 791 */
    {{10}, 8},            /* private, 1918 */
    {{100, 64}, 10},      /* carrier's NAT, 6598 */
    {{127}, 8},           /* loopback, 1122 */
    {{169, 254}, 16},     /* link-local and clouds' metadata, 3927 */
    {{172, 16}, 12},      /* private, 1918 */
    {{192, 0, 0}, 24},    /* protocol assignments, 6890 */
    {{192, 0, 2}, 24},    /* documentation, 5737 */
    {{192, 88, 99}, 24},  /* 6to4 relays, withdrawn by 7526 */
    {{192, 168}, 16},     /* private, 1918 */
    {{198, 18}, 15},      /* benchmarks, 2544 */
    {{198, 51, 100}, 24}, /* documentation, 5737 */
    {{203, 0, 113}, 24},  /* documentation, 5737 */
    {{224}, 4},           /* multicast, 5771 */
    {{240}, 4},           /* reserved, broadcast, 1112 */
};

/* Inside 2000::/3, and yet not public. */
static const net special6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments: Teredo, benchmarks, ORCHID; 2928 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation, 3849 */
    {{0x3f, 0xff}, 20},             /* documentation, 9637 */
};

static const net global6 = {{0x20}, 3};
static const net mapped6 = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96}; /* 4291 */
static const net nat64 = {{0, 0x64, 0xff, 0x9b}, 96};                        /* 6052 */
static const net sixto4 = {{0x20, 0x02}, 16};                                /* 3056 */

static gboolean
in_net(const guint8 *a, const guint8 *n, guint bits)
{
	guint rest = bits % 8;

	if (memcmp(a, n, bits / 8) != 0)
		return FALSE;
	return rest == 0 || ((a[bits / 8] ^ n[bits / 8]) & (0xff << (8 - rest)) & 0xff) == 0;
}

static gboolean
in_any(const guint8 *a, const net *nets, gsize n)
{
	for (gsize i = 0; i < n; i++)
		if (in_net(a, nets[i].bytes, nets[i].bits))
			return TRUE;
	return FALSE;
}

static gboolean
is_public4(const guint8 *a)
{
	return !in_any(a, special4, G_N_ELEMENTS(special4));
}

static gboolean
is_public6(const guint8 *a)
{
	if (in_net(a, mapped6.bytes, mapped6.bits) || in_net(a, nat64.bytes, nat64.bits))
		return is_public4(a + 12);
	if (in_net(a, sixto4.bytes, sixto4.bits))
		return is_public4(a + 2);
	return in_net(a, global6.bytes, global6.bits) &&
	    !in_any(a, special6, G_N_ELEMENTS(special6));
}

gboolean
jp_addr_is_public(const struct sockaddr *sa)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		return is_public4((const guint8 *)&v4.sin_addr);
	}
	if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof v6);
		return is_public6(v6.sin6_addr.s6_addr);
	}
	return FALSE;
}

char *
jp_addr_text(const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN] = "?";
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		(void)inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text); /* keeps "?" */
	} else if (sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof v6);
		(void)inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
	}
	return g_strdup(text);
}

/* ---- http.allow ------------------------------------------------------------------------------ */

typedef struct rule {
	char *host;     /* NULL: a net */
	guint16 port;   /* 0: any */
	guint8 net[16]; /* IPv4 as mapped */
	guint bits;
} rule;

struct jp_allow {
	GArray *rules;
};

static void
rule_clear(gpointer r)
{
	g_free(((rule *)r)->host);
}

/* Either family as 16 bytes. */
static gboolean
sockaddr_bytes(const struct sockaddr *sa, guint8 *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memcpy(out, mapped6.bytes, 12);
	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		memcpy(out + 12, &v4.sin_addr, 4);
		return TRUE;
	}
	if (sa->sa_family != AF_INET6)
		return FALSE;
	memcpy(&v6, sa, sizeof v6);
	memcpy(out, v6.sin6_addr.s6_addr, 16);
	return TRUE;
}

static gboolean
address_bytes(const char *text, guint8 *out, gboolean *is_v4)
{
	memcpy(out, mapped6.bytes, 12);
	*is_v4 = inet_pton(AF_INET, text, out + 12) == 1;
	return *is_v4 || inet_pton(AF_INET6, text, out) == 1;
}

static gboolean
parse_net(rule *r, const char *text)
{
	g_auto(GStrv) part = g_strsplit(text, "/", 2);
	gboolean is_v4;
	gint64 bits;

	if (!part[0] || !address_bytes(part[0], r->net, &is_v4))
		return FALSE;
	r->bits = 128;
	if (!part[1])
		return TRUE;
	if (!jp_int_parse(part[1], 0, is_v4 ? 32 : 128, &bits))
		return FALSE;
	r->bits = (guint)bits + (is_v4 ? 96 : 0);
	return TRUE;
}

/* host, host:port, [v6], [v6]:port */
static gboolean
parse_host(rule *r, const char *text)
{
	const char *end = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = strchr(end ? end : text, ':');
	gint64 port = 0;

	if (colon && !jp_int_parse(colon + 1, 1, 65535, &port))
		return FALSE;
	r->port = (guint16)port;
	r->host = colon ? g_strndup(text, (gsize)(colon - text)) : g_strdup(text);
	return *r->host && !strpbrk(r->host, "/@ \t") &&
	    (!end || strlen(r->host) == (gsize)(end - text) + 1);
}

jp_allow *
jp_allow_parse(char *const *list, GError **error)
{
	g_autoptr(jp_allow) a = g_new0(jp_allow, 1);

	a->rules = g_array_new(FALSE, TRUE, sizeof(rule));
	g_array_set_clear_func(a->rules, rule_clear);
	for (; list && *list; list++) {
		rule r = {0};
		gboolean ok = parse_net(&r, *list) || parse_host(&r, *list);

		g_array_append_val(a->rules, r);
		if (ok)
			continue;
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "http.allow: '%s' is neither host, host:port nor a network such as 10.0.0.0/8",
		    *list);
		return NULL;
	}
	return g_steal_pointer(&a);
}

gboolean
jp_allow_match(const jp_allow *a, const char *host, guint16 port, const struct sockaddr *sa)
{
	guint8 bytes[16];
	gboolean known = sockaddr_bytes(sa, bytes);

	for (guint i = 0; i < a->rules->len; i++) {
		const rule *r = &g_array_index(a->rules, rule, i);

		if (r->host && g_ascii_strcasecmp(r->host, host) == 0 &&
		    (r->port == 0 || r->port == port))
			return TRUE;
		if (!r->host && known && in_net(bytes, r->net, r->bits))
			return TRUE;
	}
	return FALSE;
}

void
jp_allow_free(jp_allow *a)
{
	if (!a)
		return;
	g_array_unref(a->rules);
	g_free(a);
}
