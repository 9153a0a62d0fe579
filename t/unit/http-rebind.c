/*
 * Names that resolve to where nobody may go (promise 6, H10): DNS answers that change between two
 * questions, that mix public and private addresses, or hide a private one in IPv6; and proxies of
 * the environment, which would connect in our stead.  This program's own getaddrinfo and connect
 * stand before libcurl's: the test says what a name resolves to, "public" addresses are the test's
 * server, and every address that is connected to is noted.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "http/http.h"
#include "server.h"

/* Of somebody else, and never reached. */
#define PUBLIC "9.9.9.9"

static const char script[] =
    "{\"/plain\": {\"body\": \"hello\", \"close\": true},"
    " \"/leads-inside\": {\"redirect\": \"http://inside.example:{port}/plain\"},"
    " \"/leads-there\": {\"redirect\": \"http://other.example:{port}/plain\"}}";

static server web;

/* ---- the network as the test has it ---------------------------------------------------------- */

static struct {
	GMutex lock; /* libcurl asks in a thread */
	/* per question, in order, addresses apart by blanks; the last repeats */
	const char *answers[4];
	const char *inside; /* what inside.example resolves to */
	guint n_asked;
	gboolean is_down; /* public addresses refuse */
	GString *connected;
} net;

static int
resolve(const char *list, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
	g_auto(GStrv) addresses = g_strsplit(list, " ", -1);
	struct addrinfo **end = out, want = {0};
	int rc;

	if (!real)
		real = (int (*)(const char *, const char *, const struct addrinfo *,
		    struct addrinfo **))dlsym(RTLD_NEXT, "getaddrinfo");
	want.ai_socktype = hints ? hints->ai_socktype : SOCK_STREAM;
	want.ai_flags = AI_NUMERICHOST;
	for (char **a = addresses; *a; a++) {
		rc = real(*a, service, &want, end);
		if (rc != 0)
			return rc;
		while (*end)
			end = &(*end)->ai_next;
	}
	return 0;
}

int
getaddrinfo(
    const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	const char *list = name;

	g_mutex_lock(&net.lock);
	if (g_str_has_suffix(name, "inside.example"))
		list = net.inside;
	else if (g_str_has_suffix(name, ".example")) {
		list = net.answers[net.n_asked];
		if (net.answers[net.n_asked + 1])
			net.n_asked++;
	}
	g_mutex_unlock(&net.lock);
	return resolve(list, service, hints, out);
}

static gboolean
is_public_v4(const struct sockaddr *sa, struct sockaddr_in *in)
{
	if (sa->sa_family != AF_INET || !jp_addr_is_public(sa))
		return FALSE;
	memcpy(in, sa, sizeof(*in));
	return TRUE;
}

int
connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	struct sockaddr_in in;
	char text[INET6_ADDRSTRLEN] = "";

	if (sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)sa)->sin_addr, text, sizeof(text));
	else if (sa->sa_family == AF_INET6)
		inet_ntop(
		    AF_INET6, &((const struct sockaddr_in6 *)sa)->sin6_addr, text, sizeof(text));
	g_mutex_lock(&net.lock);
	if (*text && net.connected)
		g_string_append_printf(net.connected, "%s%s", net.connected->len ? " " : "", text);
	g_mutex_unlock(&net.lock);
	if (is_public_v4(sa, &in)) {
		if (net.is_down) {
			errno = ECONNREFUSED;
			return -1;
		}
		in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return (int)syscall(SYS_connect, fd, &in, sizeof(in));
	}
	return (int)syscall(SYS_connect, fd, sa, len);
}

/* ---- asking ------------------------------------------------------------------------------------
 */

static char *allow_none[] = {NULL};

static jp_config
config(void)
{
	jp_config c = {0};

	c.http.connect_timeout = 5000;
	c.http.timeout = 20000;
	c.http.max_body = JP_MIB;
	c.http.max_connections = 16;
	c.http.per_host = 1;
	c.http.allow = allow_none;
	c.site.contact = (char *)(gpointer) "ops@example.org";
	return c;
}

/* "OUTCOME STATUS BODY-OR-WHY". */
static void
keep(const jp_http_response *r, gpointer data)
{
	*(char **)data = g_strdup_printf("%s %d %s",
	    r->outcome == JP_HTTP_ANSWER        ? "answer"
		: r->outcome == JP_HTTP_REFUSED ? "refused"
						: "network",
	    r->status, r->why ? r->why : r->body);
}

static void
begin(const char *first, const char *second)
{
	net.answers[0] = first;
	net.answers[1] = second;
	net.answers[2] = NULL;
	net.inside = NULL;
	net.n_asked = 0;
	net.is_down = FALSE;
	if (!net.connected)
		net.connected = g_string_new(NULL);
	g_string_truncate(net.connected, 0);
}

static char *
ask_with(jp_http *h, const char *host, const char *path)
{
	g_autofree char *url = g_strdup_printf("http://%s:%d%s", host, web.port, path);
	const jp_http_request q = {.method = "GET", .url = url};
	char *said = NULL;

	jp_http_add(h, &q, keep, &said);
	jp_http_run(h);
	g_test_message("%s: %s; connected to: %s", url, said, net.connected->str);
	return said;
}

static char *
ask(const char *host, const char *path)
{
	jp_config c = config();
	g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);

	return ask_with(h, host, path);
}

static guint
n_seen(void)
{
	g_autoptr(GPtrArray) all = server_seen(&web, "/", 0);

	return all->len;
}

#define assert_refused(said, address)                                                              \
	do {                                                                                       \
		g_assert_true(g_str_has_prefix((said), "refused 0 "));                             \
		g_assert_nonnull(strstr((said), address ", which is not a public address"));       \
	} while (0)

/* ---- cases --------------------------------------------------------------------------------------
 */

static void
test_private_answers(void)
{
	static const struct {
		const char *address, *told;
	} t[] = {{"127.0.0.1", "127.0.0.1"}, {"10.1.2.3", "10.1.2.3"},
	    {"169.254.169.254", "169.254.169.254"}, {"::1", "::1"},
	    {"::ffff:127.0.0.1", "127.0.0.1"}, {"64:ff9b::7f00:1", "64:ff9b::7f00:1"},
	    {"2002:7f00:1::", "2002:7f00:1::"}, {"fd00:ec2::254", "fd00:ec2::254"}};
	guint before = n_seen();

	for (guint i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *said = NULL;

		begin(t[i].address, NULL);
		said = ask("town.example", "/plain");
		g_assert_true(g_str_has_prefix(said, "refused 0 town.example is at "));
		g_assert_nonnull(strstr(said, t[i].told));
		g_assert_cmpstr(net.connected->str, ==, "");
	}
	g_assert_cmpuint(n_seen(), ==, before);
}

/* The name is public when it is looked at and private a moment later. */
static void
test_second_answer(void)
{
	g_autofree char *first = NULL, *second = NULL;

	begin(PUBLIC, "127.0.0.1");
	first = ask("town.example", "/plain");
	g_assert_cmpstr(first, ==, "answer 200 hello");
	g_assert_cmpstr(net.connected->str, ==, PUBLIC);
	second = ask("town.example", "/plain");
	assert_refused(second, "127.0.0.1");
	g_assert_cmpstr(net.connected->str, ==, PUBLIC);
}

/* Within a process an answer is remembered or asked for again: only what was checked is used. */
static void
test_same_process(void)
{
	jp_config c = config();
	g_autoptr(jp_http) h = jp_http_new(&c, NULL, NULL, NULL);

	begin(PUBLIC, "127.0.0.1");
	for (guint i = 0; i < 3; i++) {
		g_autofree char *said = ask_with(h, "town.example", "/plain");

		g_assert_true(g_str_has_prefix(said, i == 0 ? "answer " : ""));
	}
	g_assert_null(strstr(net.connected->str, "127."));
}

/* The public address does not answer, so that the private one beside it is tried. */
static void
test_mixed_answers(void)
{
	g_autofree char *said = NULL;

	begin(PUBLIC " 127.0.0.1", NULL);
	net.is_down = TRUE;
	said = ask("town.example", "/plain");
	g_assert_false(g_str_has_prefix(said, "answer"));
	g_assert_cmpstr(net.connected->str, ==, PUBLIC);
}

static void
test_redirects(void)
{
	g_autofree char *inside = NULL, *there = NULL;

	begin(PUBLIC, NULL);
	net.inside = "169.254.169.254";
	inside = ask("town.example", "/leads-inside");
	assert_refused(inside, "inside.example is at 169.254.169.254");
	g_assert_cmpstr(net.connected->str, ==, PUBLIC);

	begin(PUBLIC, "10.0.0.1");
	there = ask("town.example", "/leads-there");
	assert_refused(there, "other.example is at 10.0.0.1");
	g_assert_cmpstr(net.connected->str, ==, PUBLIC);
}

/* A proxy of the environment would be a public way to private places, or a private one itself. */
static void
test_proxies(void)
{
	static const char *const names[] = {
	    "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};
	g_autofree char *proxy = g_strdup_printf("http://127.0.0.1:%d", web.port);
	g_autofree char *socks = g_strdup_printf("socks5h://127.0.0.1:%d", web.port);
	guint before = n_seen();

	for (guint i = 0; i < 2 * G_N_ELEMENTS(names); i++) {
		g_autofree char *said = NULL;

		g_setenv(names[i / 2], i % 2 ? socks : proxy, TRUE);
		begin(PUBLIC, NULL);
		said = ask("169.254.169.254", "/latest/meta-data/");
		g_unsetenv(names[i / 2]);
		assert_refused(said, "169.254.169.254");
		g_assert_cmpstr(net.connected->str, ==, "");
	}
	g_assert_cmpuint(n_seen(), ==, before);
}

/* What http.allow names by a host is allowed wherever that host is, and nothing else there. */
static void
test_allowed_name(void)
{
	static char *allow[] = {(char *)(gpointer) "mirror.example", NULL};
	jp_config c = config();
	g_autoptr(jp_http) h = NULL;
	g_autofree char *mirror = NULL, *town = NULL;

	c.http.allow = allow;
	h = jp_http_new(&c, NULL, NULL, NULL);
	begin("127.0.0.1", NULL);
	mirror = ask_with(h, "mirror.example", "/plain");
	g_assert_cmpstr(mirror, ==, "answer 200 hello");
	town = ask_with(h, "town.example", "/plain");
	assert_refused(town, "127.0.0.1");
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	server_start(&web, script, NULL);
	g_test_add_func("/http/rebind/H10-private-answers", test_private_answers);
	g_test_add_func("/http/rebind/H10-second-answer", test_second_answer);
	g_test_add_func("/http/rebind/H10-same-process", test_same_process);
	g_test_add_func("/http/rebind/H10-mixed-answers", test_mixed_answers);
	g_test_add_func("/http/rebind/H10-redirects", test_redirects);
	g_test_add_func("/http/rebind/P6-proxies", test_proxies);
	g_test_add_func("/http/rebind/allowed-name", test_allowed_name);
	status = g_test_run();
	server_stop(&web);
	return status;
}
