/* Which addresses are public, and what http.allow permits besides. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "http/internal.h"

static void
read_addr(const char *text, struct sockaddr_storage *out)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		memcpy(out, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, text, &v6.sin6_addr) == 1)
		memcpy(out, &v6, sizeof(v6));
	else
		g_error("test: not an address: %s", text);
}

static gboolean
is_public(const char *text)
{
	struct sockaddr_storage ss;

	read_addr(text, &ss);
	return jp_addr_is_public((const struct sockaddr *)&ss);
}

/* First and last address of each block that is not public, with the neighbours that are
 * (or "-"). */
static const struct {
	const char *before, *first, *last, *after;
} blocks[] = {
    {"-", "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", "-"},
    {"-", "240.0.0.0", "255.255.255.255", "-"},
    {"-", "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"-", "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
	"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
    {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
	"3fff:1000::"},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	"-"},
};

static void
test_blocks(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(blocks); i++) {
		g_test_message("%s to %s", blocks[i].first, blocks[i].last);
		g_assert_false(is_public(blocks[i].first));
		g_assert_false(is_public(blocks[i].last));
		if (*blocks[i].before != '-')
			g_assert_true(is_public(blocks[i].before));
		if (*blocks[i].after != '-')
			g_assert_true(is_public(blocks[i].after));
	}
}

static void
test_single(void)
{
	static const struct {
		const char *address;
		gboolean is_public;
	} t[] = {
	    {"8.8.8.8", TRUE}, {"93.184.215.14", TRUE}, {"2606:4700:4700::1111", TRUE},
	    {"2a00:1450:4001:82a::200e", TRUE}, {"::1", FALSE}, {"::", FALSE}, {"fe80::1", FALSE},
	    {"febf::1", FALSE}, {"fec0::1", FALSE}, {"fc00::1", FALSE},
	    {"fd00:ec2::254", FALSE}, /* a cloud's metadata */
	    {"ff02::1", FALSE}, {"100::1", FALSE}, {"5f00::1", FALSE},
	    {"::ffff:8.8.8.8", TRUE}, /* mapped: by the inner one */
	    {"::ffff:127.0.0.1", FALSE}, {"::ffff:169.254.169.254", FALSE},
	    {"::ffff:10.1.2.3", FALSE}, {"::8.8.8.8", FALSE},    /* compatible: withdrawn */
	    {"::127.0.0.1", FALSE}, {"::ffff:0:8.8.8.8", FALSE}, /* translated */
	    {"64:ff9b::8.8.8.8", TRUE},                          /* NAT64: by the inner one */
	    {"64:ff9b::192.168.1.1", FALSE}, {"64:ff9b::127.0.0.1", FALSE},
	    {"64:ff9b:1::8.8.8.8", FALSE}, /* a site's own NAT64 */
	    {"64:ff9b:0:0:0:1:808:808", FALSE},
	    {"2002:808:808::1", TRUE}, /* 6to4: by the inner one */
	    {"2002:7f00:1::1", FALSE}, {"2002:c0a8:101::1", FALSE}, {"2002:a9fe:a9fe::", FALSE},
	    {"2001:0:4136:e378:8000:63bf:3fff:fdd2", FALSE}, /* Teredo */
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_test_message("%s", t[i].address);
		g_assert_cmpint(is_public(t[i].address), ==, t[i].is_public);
	}
}

/* Every IPv4 address by its first two bytes agrees with a second way of saying the same. */
static void
test_all_16(void)
{
	for (guint i = 0; i < 65536; i++) {
		guint a = i >> 8, b = i & 255;
		struct sockaddr_in sin = {
		    .sin_family = AF_INET, .sin_addr.s_addr = htonl((i << 16) | 0x0505)};
		gboolean is_bad = a == 0 || a == 10 || a == 127 || a >= 224 ||
		    (a == 100 && b >= 64 && b < 128) || (a == 169 && b == 254) ||
		    (a == 172 && b >= 16 && b < 32) || (a == 192 && b == 168) ||
		    (a == 198 && (b == 18 || b == 19));

		g_assert_cmpint(jp_addr_is_public((const struct sockaddr *)&sin), ==, !is_bad);
	}
}

static void
test_other_families(void)
{
	struct sockaddr sa = {.sa_family = AF_UNIX};
	g_autofree char *text = jp_addr_text(&sa);

	g_assert_false(jp_addr_is_public(&sa));
	g_assert_cmpstr(text, ==, "?");
}

static gboolean
allows(const char *entry, const char *host, guint16 port, const char *address)
{
	char *list[] = {(char *)(gpointer)entry, NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_allow) a = jp_allow_parse(list, &error);
	struct sockaddr_storage ss;

	g_assert_no_error(error);
	read_addr(address, &ss);
	return jp_allow_match(a, host, port, (const struct sockaddr *)&ss);
}

static void
test_allow(void)
{
	static const struct {
		const char *entry, *host;
		guint16 port;
		const char *address;
		gboolean is_allowed;
	} t[] = {
	    {"mirror.example", "mirror.example", 443, "10.0.0.1", TRUE},
	    {"mirror.example", "MIRROR.example", 80, "10.0.0.1", TRUE},
	    {"mirror.example", "x.mirror.example", 80, "10.0.0.1", FALSE},
	    {"mirror.example:8080", "mirror.example", 8080, "10.0.0.1", TRUE},
	    {"mirror.example:8080", "mirror.example", 80, "10.0.0.1", FALSE},
	    {"127.0.0.1", "127.0.0.1", 80, "127.0.0.1", TRUE},
	    {"127.0.0.1", "localhost", 80, "127.0.0.1", TRUE},
	    {"127.0.0.1:8080", "127.0.0.1", 8080, "127.0.0.1", TRUE},
	    {"127.0.0.1:8080", "localhost", 8080, "127.0.0.1", FALSE},
	    {"10.0.0.0/8", "any", 80, "10.255.1.1", TRUE},
	    {"10.0.0.0/8", "any", 80, "11.0.0.0", FALSE},
	    {"10.0.0.0/8", "any", 80, "::ffff:10.1.1.1", TRUE},
	    {"10.0.0.0/15", "any", 80, "10.1.255.255", TRUE},
	    {"10.0.0.0/15", "any", 80, "10.2.0.0", FALSE},
	    {"0.0.0.0/0", "any", 80, "10.2.0.0", TRUE},
	    {"0.0.0.0/0", "any", 80, "fd00::1", FALSE},
	    {"fd00::/8", "any", 80, "fdff::1", TRUE},
	    {"fd00::/8", "any", 80, "fe80::1", FALSE},
	    {"::1", "any", 80, "::1", TRUE},
	    {"[::1]:8080", "[::1]", 8080, "::1", TRUE},
	    {"[::1]:8080", "[::1]", 80, "::1", FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_test_message("%s: %s:%u at %s", t[i].entry, t[i].host, t[i].port, t[i].address);
		g_assert_cmpint(
		    allows(t[i].entry, t[i].host, t[i].port, t[i].address), ==, t[i].is_allowed);
	}
}

static void
test_allow_bad(void)
{
	static const char *const bad[] = {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x",
	    "fd00::/129", "host:0", "host:65536", "host:x", "a:b:c", "http://host/", "user@host",
	    "[::1", "[::1]x", ":80", "a b"};

	for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
		char *list[] = {(char *)(gpointer) "fine.example", (char *)(gpointer)bad[i], NULL};
		g_autoptr(GError) error = NULL;

		g_test_message("'%s'", bad[i]);
		g_assert_null(jp_allow_parse(list, &error));
		g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, "http.allow"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/http/addr/blocks", test_blocks);
	g_test_add_func("/http/addr/single", test_single);
	g_test_add_func("/http/addr/all-16-bits", test_all_16);
	g_test_add_func("/http/addr/other-families", test_other_families);
	g_test_add_func("/http/addr/allow", test_allow);
	g_test_add_func("/http/addr/allow-bad", test_allow_bad);
	return g_test_run();
}
