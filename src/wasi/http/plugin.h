/* The interface between the library and its plug-in libermine-http.so, which speaks HTTP (plugin/). It is C, so that
   the two may be compiled differently; a plug-in of another version is refused.

   A pool keeps connections and has a thread of its own, which makes all calls of ErmineHttpCallbacks; only `fail` and
   `release` of a request that cannot be started are made within `start`. Calls for one exchange are never concurrent,
   and `release` is the last. Texts and lists are valid during the call. All functions of ErmineHttpPlugin return at
   once, except `close`, which waits for the thread; they may be called on any thread. Timeouts are below 2^31 ms. */
#ifndef ERMINE_HTTP_PLUGIN_H
#define ERMINE_HTTP_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ERMINE_HTTP_PLUGIN_VERSION 1u
#define ERMINE_HTTP_PLUGIN_FILE "libermine-http.so"
#define ERMINE_HTTP_PLUGIN_ENTRY "ermine_http_plugin"

struct sockaddr;

typedef struct {
  const char* data; /* null: there is none */
  size_t size;
} ErmineHttpText;

typedef struct {
  ErmineHttpText name, value;
} ErmineHttpField;

typedef struct {
  uint8_t code; /* the row in error_codes.def */
  uint8_t has_number;
  uint64_t number;
  ErmineHttpText text;
} ErmineHttpFailure;

/* Instead of a number of bytes. */
#define ERMINE_HTTP_WAIT ((size_t)-1)  /* nothing now; `resume` says when to ask again */
#define ERMINE_HTTP_ABORT ((size_t)-2) /* the exchange is to be ended */

typedef struct {
  /* Bytes of the request's body, at most `size`; 0: the end. */
  size_t (*take)(void* exchange, uint8_t* to, size_t size);
  /* After the end; calls `add` for each trailer. */
  void (*trailers)(void* exchange, void (*add)(void* context, ErmineHttpField field), void* context);
  /* Whether a connection to this address may be made. */
  int (*allows)(void* exchange, const struct sockaddr* address);
  /* The head of the final response. */
  void (*head)(void* exchange, uint16_t status, const ErmineHttpField* fields, size_t count);
  /* Bytes of the response's body: takes all, which is its size, or WAIT or ABORT. At most ERMINE_HTTP_MOST_PUT. */
  size_t (*put)(void* exchange, const uint8_t* from, size_t size);
  /* One of the two, once: the response is complete, or it failed. Not after `cancel`. */
  void (*end)(void* exchange, const ErmineHttpField* trailers, size_t count);
  void (*fail)(void* exchange, const ErmineHttpFailure* failure);
  void (*release)(void* exchange);
} ErmineHttpCallbacks;
#define ERMINE_HTTP_MOST_PUT 16384u

typedef struct {
  const ErmineHttpCallbacks* callbacks;
  ErmineHttpText ca_file; /* certificates to trust instead of the system's */
  uint32_t max_connections;
} ErmineHttpPoolOptions;

/* The request line, fields and limits; all valid by RFC 9110, and the fields without those that the plug-in makes:
   Host, Content-Length, and the fields of a connection. */
typedef struct {
  ErmineHttpText method, path;
  ErmineHttpText host;      /* a name or an address, that of IPv6 without brackets */
  ErmineHttpText addresses; /* of the host, separated by commas, in the order to try them */
  uint16_t port;
  uint8_t tls;
  uint8_t has_body;
  uint8_t has_trailers; /* they are known or announced: the version of the protocol must be able to send them */
  int64_t content_length; /* of the body; -1: unknown */
  const ErmineHttpField* fields;
  size_t field_count;
  uint64_t connect_timeout_ms, first_byte_timeout_ms, between_bytes_timeout_ms;
  uint64_t total_timeout_ms; /* of the connection as well; 0: none */
  uint64_t max_head_bytes; /* of the response; as many again for its trailers */
} ErmineHttpRequest;

typedef struct {
  uint32_t version;
  /* Null after an error, which `problem` says. Reads the files that it needs, so that the process may be confined
     afterwards. */
  void* (*open)(const ErmineHttpPoolOptions* options, char* problem, size_t size);
  /* Ends all exchanges by `release`. */
  void (*close)(void* pool);
  /* `exchange` is passed to all callbacks. Returns a number for the other functions; after the end of the exchange they
     do nothing. */
  uint64_t (*start)(void* pool, const ErmineHttpRequest* request, void* exchange);
  void (*resume)(void* pool, uint64_t number);
  void (*cancel)(void* pool, uint64_t number);
} ErmineHttpPlugin;

/* What the entry of the shared object is. */
typedef const ErmineHttpPlugin* (*ErmineHttpPluginEntry)(void);

#ifdef __cplusplus
}
#endif
#endif
