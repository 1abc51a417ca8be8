/* http_server.h - a web server for tests: one thread, one connection at a time,
 * whatever bytes the test wants to answer. */
#ifndef TESTS_HTTP_SERVER_H
#define TESTS_HTTP_SERVER_H

#include "base/buf.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct http_server {
	int fd;
	unsigned port;
	atomic_uint nr_connections;
	/* Adds the whole answer for a request; false: answers nothing and waits for the
	 * client to go away. */
	bool (*answer)(struct http_server *s, str path, str request, struct buf *out);
	pthread_t thread;
};

static void http_serve_one(struct http_server *s, int fd)
{
	CLEANUP(buf_release) struct buf in = BUF_INIT, out = BUF_INIT;
	str path;
	char *at;
	ssize_t n;

	while (str_find(buf_str(&in), STR("\r\n\r\n"), 0) < 0) {
		at = buf_room(&in, 4096);
		n = at ? read(fd, at, 4096) : 0;
		if (n <= 0)
			return;
		buf_added(&in, (size_t)n);
	}
	path = buf_str(&in);
	(void)str_cut(&path, ' ');
	path = str_cut(&path, ' ');
	if (!s->answer(s, path, buf_str(&in), &out)) {
		while (recv(fd, (char[1]){ 0 }, 1, 0) > 0)
			;
		return;
	}
	for (size_t done = 0; done < out.n; done += (size_t)n) {
		n = send(fd, out.p + done, out.n - done, MSG_NOSIGNAL);
		if (n <= 0)
			return;
	}
}

static void *http_serve(void *ctx)
{
	struct http_server *s = ctx;

	for (;;) {
		int fd = accept(s->fd, NULL, NULL);

		if (fd < 0)
			return NULL;
		atomic_fetch_add(&s->nr_connections, 1);
		http_serve_one(s, fd);
		close(fd);
	}
}

static void http_server_start(struct http_server *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t n = sizeof(in);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	MUST(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&in, n) == 0);
	MUST(listen(s->fd, 16) == 0 && getsockname(s->fd, (struct sockaddr *)&in, &n) == 0);
	s->port = ntohs(in.sin_port);
	MUST(pthread_create(&s->thread, NULL, http_serve, s) == 0);
}

static void http_server_stop(struct http_server *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

static UNUSED void http_ok(struct buf *out, str body)
{
	buf_addf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", body.n);
	buf_adds(out, body);
}

#endif
