/*
 * TLS: certificates are verified and there is no way around it; no redirect leads out of it (H10).
 * The last cases are against nginx: HTTP/2, with a body that it codes itself.
 */
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "http/http.h"
#include "server.h"

static const char script[] = "{\"/plain\": {\"body\": \"hello\"},"
			     " \"/down\": {\"redirect\": \"http://127.0.0.1:{port}/plain\"},"
			     " \"/same\": {\"redirect\": \"/plain\"},"
			     " \"/cut\": {\"body\": \"0123456789\", \"cut_after\": 5}}";

static char *certs; /* a folder: good.pem for 127.0.0.1, other.pem for another name */
static char *allow_web[] = {(char *)(gpointer) "127.0.0.0/8", (char *)(gpointer) "::1", NULL};

static jp_config
config(void)
{
	jp_config c = {0};

	c.http.connect_timeout = 20000;
	c.http.timeout = 20000;
	c.http.max_body = JP_MIB;
	c.http.max_connections = 16;
	c.http.per_host = 4;
	c.http.allow = allow_web;
	return c;
}

static char *
cert(const char *name)
{
	return g_build_filename(certs, name, NULL);
}

/* Makes a certificate of its own with the key in the same file. */
static void
make_cert(const char *name, const char *san)
{
	g_autofree char *path = cert(name);
	g_autofree char *alt = g_strdup_printf("subjectAltName=%s", san);
	const char *argv[] = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
	    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test", "-addext",
	    alt, "-keyout", path, "-out", "/dev/stdout", NULL};
	g_autofree char *pem = NULL, *key = NULL, *both = NULL;
	g_autoptr(GError) error = NULL;
	int status;

	g_spawn_sync(NULL, (char **)(gpointer)argv, NULL,
	    G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &pem, NULL, &status,
	    &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
	g_assert_true(g_file_get_contents(path, &key, NULL, NULL));
	both = g_strconcat(pem, key, NULL);
	g_assert_true(g_file_set_contents(path, both, -1, NULL));
}

static void
keep(const jp_http_response *r, gpointer data)
{
	g_string_append_printf(
	    data, "%d %d [%s] %s\n", r->outcome, r->status, r->body, r->why ? r->why : "");
}

/* Asks with the CA of this name (NULL: the system's); the answer on a line. */
static char *
ask(const char *url, const char *ca)
{
	jp_config c = config();
	g_autoptr(GString) out = g_string_new(NULL);
	g_autofree char *path = ca ? cert(ca) : NULL;
	g_autoptr(jp_http) h = NULL;

	if (path)
		g_setenv("SSL_CERT_FILE", path, TRUE);
	else
		g_unsetenv("SSL_CERT_FILE");
	h = jp_http_new(&c, NULL, NULL, NULL);
	jp_http_add(h, &(jp_http_request){.method = "GET", .url = url}, keep, out);
	jp_http_run(h);
	g_test_message("%s: %s", url, out->str);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
test_verified(void)
{
	static const struct {
		const char *host, *serves, *trusts, *starts;
	} t[] = {
	    {"127.0.0.1", "good.pem", "good.pem", "0 200 [hello]"},
	    {"127.0.0.1", "good.pem", NULL, "2 0 [] 127.0.0.1: SSL certificate problem"},
	    {"127.0.0.1", "good.pem", "other.pem", "2 0 [] 127.0.0.1: SSL certificate problem"},
	    {"127.0.0.1", "other.pem", "other.pem", "2 0 [] 127.0.0.1: SSL"},
	    {"localhost", "good.pem", "good.pem", "2 0 [] localhost: SSL"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *pem = cert(t[i].serves), *url = NULL, *got = NULL;
		server web;

		server_start(&web, script, pem);
		url = g_strdup_printf("https://%s:%d/plain", t[i].host, web.port);
		got = ask(url, t[i].trusts);
		server_stop(&web);
		g_assert_true(g_str_has_prefix(got, t[i].starts));
	}
}

static void
test_redirects(void)
{
	static const char *const t[][2] = {
	    {"/same", "0 200 [hello]"},
	    {"/down", "3 0 [] 127.0.0.1: redirect: redirected from https to http"},
	    {"/cut", "2 0 [] the answer of 127.0.0.1 was cut short after 5 bytes"},
	};
	g_autofree char *pem = cert("good.pem");
	server web;

	server_start(&web, script, pem);
	for (gsize i = 0; i < G_N_ELEMENTS(t); i++) {
		g_autofree char *url = g_strdup_printf("https://127.0.0.1:%d%s", web.port, t[i][0]);
		g_autofree char *got = ask(url, "good.pem");

		g_assert_true(g_str_has_prefix(got, t[i][1]));
	}
	server_stop(&web);
}

/* From http to https and back to http: the way back is closed too. */
static void
test_there_and_back(void)
{
	g_autofree char *pem = cert("good.pem"), *way = NULL, *url = NULL, *got = NULL;
	server tls, plain;

	server_start(&tls, script, pem);
	way = g_strdup_printf("{\"/up\": {\"redirect\": \"https://127.0.0.1:%d/down\"}}", tls.port);
	server_start(&plain, way, NULL);
	url = g_strdup_printf("http://127.0.0.1:%d/up", plain.port);
	got = ask(url, "good.pem");
	server_stop(&plain);
	server_stop(&tls);
	g_assert_nonnull(strstr(got, "from https to http"));
}

/* ---- nginx ----------------------------------------------------------------------------------- */

static int
free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&a, &len), ==, 0);
	close(fd);
	return ntohs(a.sin_port);
}

static void
die_with_parent(gpointer unused)
{
	(void)unused;
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
}

static char *
nginx_conf(const char *dir, int port)
{
	return g_strdup_printf(
	    "daemon off;\n%s"
	    "pid %s/pid;\nerror_log stderr notice;\nworker_processes 1;\n"
	    "events { worker_connections 64; }\n"
	    "http {\n access_log off;\n gzip on;\n gzip_types *;\n"
	    " gzip_min_length 1;\n default_type text/plain;\n"
	    " client_body_temp_path %s/a; proxy_temp_path %s/b;\n"
	    " fastcgi_temp_path %s/c; uwsgi_temp_path %s/d; scgi_temp_path %s/e;\n"
	    " server {\n  listen 127.0.0.1:%d ssl http2;\n"
	    "  ssl_certificate %s/good.pem;\n  ssl_certificate_key %s/good.pem;\n"
	    "  location /protocol { return 200 $server_protocol; }\n"
	    "  location / { root %s; }\n }\n}\n",
	    geteuid() == 0 ? "user root;\n" : "", dir, dir, dir, dir, dir, dir, port, certs, certs,
	    dir);
}

/* Starts it and waits until it says that it works. */
static GPid
nginx_start(const char *dir, int port)
{
	g_autofree char *conf = nginx_conf(dir, port);
	g_autofree char *path = g_build_filename(dir, "nginx.conf", NULL);
	const char *argv[] = {"/usr/sbin/nginx", "-p", dir, "-c", path, NULL};
	g_autoptr(GString) said = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	GPid pid;
	int err;
	char c;

	g_assert_true(g_file_set_contents(path, conf, -1, NULL));
	g_spawn_async_with_pipes(NULL, (char **)(gpointer)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD,
	    die_with_parent, NULL, &pid, NULL, NULL, &err, &error);
	g_assert_no_error(error);
	while (!strstr(said->str, "start worker process ") && read(err, &c, 1) == 1)
		g_string_append_c(said, c);
	if (!strstr(said->str, "start worker process "))
		g_error("nginx: %s", said->str);
	return pid; /* err stays open: nginx may say more */
}

static void
remove_all(const char *dir)
{
	const char *argv[] = {"rm", "-rf", dir, NULL};

	g_assert_true(g_spawn_sync(NULL, (char **)(gpointer)argv, NULL, G_SPAWN_SEARCH_PATH, NULL,
	    NULL, NULL, NULL, NULL, NULL));
}

static void
test_nginx(void)
{
	g_autofree char *dir = g_dir_make_tmp("jp-nginx-XXXXXX", NULL);
	g_autofree char *page = g_build_filename(dir, "page.txt", NULL);
	g_autofree char *text = g_strnfill(200000, 'x');
	g_autofree char *url = NULL, *big = NULL, *got = NULL, *body = NULL;
	g_autofree char *expected = g_strdup_printf("0 200 [%s] \n", text);
	int port = free_port();
	GPid pid;

	if (access("/usr/sbin/nginx", X_OK) != 0) {
		g_test_skip("no nginx here");
		remove_all(dir);
		return;
	}
	g_assert_true(g_file_set_contents(page, text, -1, NULL));
	pid = nginx_start(dir, port);
	url = g_strdup_printf("https://127.0.0.1:%d/protocol", port);
	got = ask(url, "good.pem");
	big = g_strdup_printf("https://127.0.0.1:%d/page.txt", port);
	body = ask(big, "good.pem");
	g_assert_cmpint(kill(pid, SIGTERM), ==, 0);
	(void)waitpid(pid, NULL, 0);
	remove_all(dir);
	g_assert_cmpstr(got, ==, "0 200 [HTTP/2.0] \n");
	g_assert_true(strcmp(body, expected) == 0);
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	certs = g_dir_make_tmp("jp-certs-XXXXXX", NULL);
	make_cert("good.pem", "IP:127.0.0.1");
	make_cert("other.pem", "DNS:other.example");
	g_test_add_func("/http/tls/H10-verified", test_verified);
	g_test_add_func("/http/tls/H10-redirects", test_redirects);
	g_test_add_func("/http/tls/H10-there-and-back", test_there_and_back);
	g_test_add_func("/http/tls/nginx-http2", test_nginx);
	status = g_test_run();
	server_rm(certs);
	g_free(certs);
	return status;
}
