/*
 * Why: the load shares the machine with the server that it measures, so one thread of it must cost less than the fastest
 * server does. Heads come signed, and there is nothing to compute here: one epoll loop sends them, stamps bodies, lets
 * the kernel drop what is downloaded, and keeps the time. plan.ts writes the plan, program.ts starts this.
 *
 *   epoll-load PLAN PORT CONNECTIONS MILLISECONDS LIMIT [cut]
 *
 * The requests of the plan are sent in turn, over and over, until the time is over or LIMIT (unless 0) are sent; then
 * what is under way is waited for, or cut off and counted. The outcome is one line of JSON. An answer that is no success, or not of the length
 * that the plan expects, is counted by its kind and in nothing else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* As plan.ts writes them, after their count: little-endian, offsets from the start of the file. */
struct request {
  uint64_t head_at, body_at, body_bytes, answer_bytes;
  uint32_t head_bytes, flags;
};
enum { answer_has_no_body = 1, body_is_in_plan = 2 };
static const uint64_t any_length = UINT64_MAX;

enum {
  window_bytes = 1 << 20, /* longer than what a server's compression looks back over in one of its blocks */
  stamp_every_bytes = 4096,
  head_room_bytes = 16384,
  chunk_room_bytes = 1 << 18,
  statuses = 600,
  stalled_after_ms = 120000,
};

struct connection {
  int fd;
  enum { idle, sending, in_head, in_sized_body, in_chunked_body } state;
  const struct request *request;
  uint64_t started_ns, sent_bytes, stamped_bytes, received_bytes, left_bytes;
  unsigned char *window; /* of the body: random bytes, stamped anew for each megabyte that is sent */
  char head[head_room_bytes + 1];
  size_t head_bytes;
  char tail[5]; /* of a chunked body */
  int status;
  bool closes;
};

static const char *plan;
static const struct request *requests;
static uint64_t request_count, sent_requests, limit, started_ns, ended_ns, deadline_ns, run_stamp, next_stamp;
static struct sockaddr_in server;
static int epoll, active;
static float *took_ms;
static uint64_t took_count, took_room;
static uint64_t by_status[statuses], broken, misfit, cut;
static bool cuts;

static void fail(const char *what) {
  fprintf(stderr, "Error: %s: %s\n", what, strerror(errno));
  exit(1);
}

static uint64_t now_ns(clockid_t clock) {
  struct timespec at;
  clock_gettime(clock, &at);
  return at.tv_sec * 1000000000ull + at.tv_nsec;
}

static void *room(size_t bytes) {
  void *at = malloc(bytes);
  if (at == NULL) fail("memory");
  return at;
}

static void fill_randomly(unsigned char *bytes, size_t count, uint64_t seed) {
  uint64_t state = seed | 1;
  for (size_t at = 0; at + 8 <= count; at += 8) { /* xorshift64 */
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    memcpy(bytes + at, &state, 8);
  }
}

static void open_connection(struct connection *to) {
  int one = 1;
  to->fd = socket(AF_INET, SOCK_STREAM, 0);
  if (to->fd < 0 || connect(to->fd, (struct sockaddr *)&server, sizeof server) < 0) fail("connect");
  setsockopt(to->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (fcntl(to->fd, F_SETFL, O_NONBLOCK) < 0) fail("fcntl");
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = to};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, to->fd, &event) < 0) fail("epoll_ctl");
}

static void send_more(struct connection *to);
static void lose(struct connection *to);

static void next_request(struct connection *to) {
  bool over = (limit != 0 && sent_requests >= limit) || now_ns(CLOCK_MONOTONIC) >= deadline_ns;
  if (over) {
    to->state = idle;
    active--;
    return;
  }
  to->request = &requests[sent_requests++ % request_count];
  to->state = sending;
  to->sent_bytes = to->stamped_bytes = to->head_bytes = to->received_bytes = 0;
  to->started_ns = now_ns(CLOCK_MONOTONIC);
  send_more(to);
}

static void reopen(struct connection *to) {
  close(to->fd);
  open_connection(to);
}

static void lose(struct connection *to) {
  broken++;
  reopen(to);
  next_request(to);
}

static void keep_time(uint64_t ns) {
  if (took_count == took_room) {
    took_room = took_room * 2 + 4096;
    took_ms = realloc(took_ms, took_room * sizeof *took_ms);
    if (took_ms == NULL) fail("memory");
  }
  took_ms[took_count++] = ns / 1e6f;
}

static void answered(struct connection *to) {
  const struct request *request = to->request;
  bool success = to->status >= 200 && to->status < 300;
  bool fits = request->answer_bytes == any_length || request->answer_bytes == to->received_bytes;
  by_status[to->status]++;
  if (success && fits) keep_time(now_ns(CLOCK_MONOTONIC) - to->started_ns);
  if (success && !fits) misfit++;
  /* A refusal may come before the body is sent; what is left of the body would be taken for the next head. */
  bool whole = to->sent_bytes == request->head_bytes + request->body_bytes;
  if (to->closes || !whole) reopen(to);
  next_request(to);
}

/* The bytes of the body from `at` on that lie together. */
static struct iovec body_from(struct connection *to, uint64_t at) {
  const struct request *request = to->request;
  uint64_t left = request->body_bytes - at;
  if (request->flags & body_is_in_plan) return (struct iovec){(char *)plan + request->body_at + at, left};
  uint64_t within = at % window_bytes;
  uint64_t bytes = left < window_bytes - within ? left : window_bytes - within;
  if (bytes > 0 && at == to->stamped_bytes) {
    for (uint64_t block = 0; block < bytes; block += stamp_every_bytes) {
      uint64_t stamp[2] = {run_stamp, next_stamp++};
      memcpy(to->window + block, stamp, bytes - block < sizeof stamp ? bytes - block : sizeof stamp);
    }
    to->stamped_bytes += bytes;
  }
  return (struct iovec){to->window + within, bytes};
}

static void send_more(struct connection *to) {
  const struct request *request = to->request;
  uint64_t all = request->head_bytes + request->body_bytes;
  while (to->sent_bytes < all) {
    struct iovec parts[2] = {{NULL, 0}};
    uint64_t body_at = 0;
    if (to->sent_bytes < request->head_bytes)
      parts[0] = (struct iovec){(char *)plan + request->head_at + to->sent_bytes, request->head_bytes - to->sent_bytes};
    else
      body_at = to->sent_bytes - request->head_bytes;
    /* A window is stamped once, also when its first send took only a part of the head. */
    parts[1] = body_from(to, body_at);
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = sendmsg(to->fd, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0 && to->sent_bytes == 0) return lose(to); /* closed since the last answer */
    if (sent < 0) return; /* what the server said before it closed is still to be read; the end comes as an event */
    to->sent_bytes += sent;
  }
  to->state = in_head;
}

/* The value of a header in lower case without its spaces, "" when there is none. */
static const char *header(const struct connection *of, const char *name) {
  const char *line = strcasestr(of->head, name);
  if (line == NULL) return "";
  line += strlen(name);
  return line + strspn(line, " ");
}

static void count_chunked(struct connection *to, const char *bytes, size_t count) {
  to->received_bytes += count;
  size_t kept = count < sizeof to->tail ? sizeof to->tail - count : 0;
  memmove(to->tail, to->tail + sizeof to->tail - kept, kept);
  memcpy(to->tail + kept, bytes + count - (sizeof to->tail - kept), sizeof to->tail - kept);
}

/* Nothing follows an answer, as requests are not pipelined: its last bytes are the last that came. */
static bool chunks_ended(const struct connection *to) {
  return to->received_bytes >= sizeof to->tail && memcmp(to->tail, "0\r\n\r\n", sizeof to->tail) == 0;
}

/* False: there is more to come. */
static bool head_came(struct connection *to) {
  to->head[to->head_bytes] = 0;
  char *end = strstr(to->head, "\r\n\r\n");
  if (end == NULL) return false;
  size_t rest = to->head + to->head_bytes - (end + 4);
  to->status = atoi(to->head + 9) % statuses;
  if (to->status >= 100 && to->status < 200) { /* 100 Continue */
    memmove(to->head, end + 4, rest);
    to->head_bytes = rest;
    return rest > 0 && head_came(to);
  }
  end[2] = 0; /* headers are looked for in the head alone */
  to->closes = strncasecmp(header(to, "\r\nconnection:"), "close", 5) == 0;
  bool bodiless = (to->request->flags & answer_has_no_body) || to->status == 204 || to->status == 304;
  if (!bodiless && strncasecmp(header(to, "\r\ntransfer-encoding:"), "chunked", 7) == 0) {
    to->state = in_chunked_body;
    memset(to->tail, 0, sizeof to->tail);
    count_chunked(to, end + 4, rest);
    return chunks_ended(to);
  }
  uint64_t length = bodiless ? 0 : strtoull(header(to, "\r\ncontent-length:"), NULL, 10);
  to->state = in_sized_body;
  to->received_bytes = rest;
  to->left_bytes = length > rest ? length - rest : 0;
  return to->left_bytes == 0;
}

static ssize_t receive(struct connection *to, char *chunk) {
  if (to->state == in_sized_body) return recv(to->fd, NULL, to->left_bytes, MSG_TRUNC); /* never copied */
  if (to->state == in_chunked_body) return recv(to->fd, chunk, chunk_room_bytes, 0);
  return recv(to->fd, to->head + to->head_bytes, head_room_bytes - to->head_bytes, 0);
}

static void receive_more(struct connection *to) {
  static char chunk[chunk_room_bytes];
  for (;;) {
    ssize_t got = receive(to, chunk);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return lose(to);
    bool ended = false;
    if (to->state == in_sized_body) {
      to->received_bytes += got;
      to->left_bytes -= got;
      ended = to->left_bytes == 0;
    } else if (to->state == in_chunked_body) {
      count_chunked(to, chunk, got);
      ended = chunks_ended(to);
    } else {
      to->head_bytes += got;
      ended = head_came(to);
    }
    if (ended) return answered(to);
  }
}

/* Milliseconds until a connection counts as stalled, or until what is under way is cut off; 0: now. */
static int patience_ms(void) {
  if (!cuts) return stalled_after_ms;
  uint64_t now = now_ns(CLOCK_MONOTONIC);
  return now >= deadline_ns ? 0 : (deadline_ns - now) / 1000000 + 1;
}

static void run(int connections) {
  struct connection *all = room(connections * sizeof *all);
  memset(all, 0, connections * sizeof *all);
  active = connections;
  for (int at = 0; at < connections; at++) {
    all[at].window = room(window_bytes);
    fill_randomly(all[at].window, window_bytes, run_stamp + at * 0x9e3779b97f4a7c15ull);
    open_connection(&all[at]);
  }
  started_ns = now_ns(CLOCK_MONOTONIC);
  deadline_ns += started_ns;
  for (int at = 0; at < connections; at++) next_request(&all[at]);
  while (active > 0) {
    struct epoll_event events[256];
    int wait_ms = patience_ms();
    if (wait_ms == 0) {
      cut = active;
      break;
    }
    int count = epoll_wait(epoll, events, 256, wait_ms);
    if (count == 0 && cuts) continue;
    if (count == 0) errno = ETIMEDOUT;
    if (count == 0 || (count < 0 && errno != EINTR)) fail("no answer");
    for (int at = 0; at < count; at++) {
      struct connection *to = events[at].data.ptr;
      if (to->state == sending) send_more(to);
      if (to->state != idle) receive_more(to);
    }
  }
  ended_ns = now_ns(CLOCK_MONOTONIC);
  char congestion[16] = "";
  socklen_t size = sizeof congestion;
  getsockopt(all[0].fd, IPPROTO_TCP, TCP_CONGESTION, congestion, &size);
  printf("{\"congestion\":\"%.15s\",", congestion);
}

static int by_size(const void *left, const void *right) {
  float difference = *(const float *)left - *(const float *)right;
  return (difference > 0) - (difference < 0);
}

/* The value that `share` of all do not exceed; null of none. */
static const char *percentile(double share, char *text) {
  if (took_count == 0) return "null";
  double rank = took_count * share;
  uint64_t at = (uint64_t)rank < rank ? (uint64_t)rank : (uint64_t)rank - 1;
  sprintf(text, "%.4f", took_ms[rank < 1 ? 0 : at]);
  return text;
}

static void print_outcome(void) {
  char p50[32], p99[32];
  double seconds = (ended_ns - started_ns) / 1e9;
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  if (took_count > 0) qsort(took_ms, took_count, sizeof *took_ms, by_size);
  printf("\"seconds\":%.6f,\"cpuSeconds\":%.3f,\"requests\":%llu,\"p50Ms\":%s,\"p99Ms\":%s,", seconds, cpu,
         (unsigned long long)took_count, percentile(0.5, p50), percentile(0.99, p99));
  printf("\"broken\":%llu,\"misfit\":%llu,\"cut\":%llu,\"statuses\":{", (unsigned long long)broken,
         (unsigned long long)misfit, (unsigned long long)cut);
  const char *comma = "";
  for (int status = 0; status < statuses; status++) {
    if (by_status[status] == 0) continue;
    printf("%s\"%d\":%llu", comma, status, (unsigned long long)by_status[status]);
    comma = ",";
  }
  printf("}}\n");
}

int main(int count, char **values) {
  cuts = count == 7 && strcmp(values[6], "cut") == 0;
  if (count != 6 && !cuts)
    return fprintf(stderr, "Error: use: epoll-load PLAN PORT CONNECTIONS MILLISECONDS LIMIT [cut]\n"), 2;
  int file = open(values[1], O_RDONLY);
  struct stat about;
  if (file < 0 || fstat(file, &about) < 0) fail(values[1]);
  plan = mmap(NULL, about.st_size, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0);
  if (plan == MAP_FAILED) fail("mmap");
  memcpy(&request_count, plan, sizeof request_count);
  requests = (const struct request *)(plan + sizeof request_count);
  server.sin_family = AF_INET;
  server.sin_port = htons(atoi(values[2]));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  deadline_ns = strtoull(values[4], NULL, 10) * 1000000ull;
  limit = strtoull(values[5], NULL, 10);
  run_stamp = now_ns(CLOCK_REALTIME);
  epoll = epoll_create1(0);
  run(atoi(values[3]));
  print_outcome();
}
