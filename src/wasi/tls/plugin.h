/* The interface between the library and its plug-in libermine-tls.so, which speaks TLS (plugin/). It is C, so that the
   two may be compiled differently; a plug-in of another version is refused.

   The plug-in does no input or output, except that `open` reads the file of certificates: a session has a buffer of
   ERMINE_TLS_BUFFER bytes in each direction, and the library moves what is in them. All functions return at once. A
   client may be used on any thread, a session on one at a time. Texts end with NUL. */
#ifndef ERMINE_TLS_PLUGIN_H
#define ERMINE_TLS_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ERMINE_TLS_PLUGIN_VERSION 1u
#define ERMINE_TLS_PLUGIN_FILE "libermine-tls.so"
#define ERMINE_TLS_PLUGIN_ENTRY "ermine_tls_plugin"
#define ERMINE_TLS_BUFFER 65536u

typedef enum {
  ERMINE_TLS_DONE,
  ERMINE_TLS_WAIT,  /* until more was received or sent */
  ERMINE_TLS_FAILED /* and so will everything else, except sending what is to be sent: `problem` */
} ErmineTlsState;

typedef struct {
  uint32_t version;

  /* What all sessions have in common: the certificates that servers are checked against, those in `ca_file` or, if it
     is null, the system's. Null after an error, which `problem` says. Nothing is read from files later, so the process
     may be confined. */
  void* (*open)(const char* ca_file, char* problem, size_t size);
  /* Sessions may outlive it. */
  void (*close)(void* client);

  /* A session with a server that has a certificate for this name or address, before its handshake. Null after an
     error, which `problem` says. */
  void* (*connect)(void* client, const char* server_name, char* problem, size_t size);
  void (*release)(void* session);

  ErmineTlsState (*handshake)(void* session);
  /* The program's bytes, after the handshake: at most `size`; `done` is how many, and 0 if the server has ended its
     direction. */
  ErmineTlsState (*read)(void* session, uint8_t* to, size_t size, size_t* done);
  /* ERMINE_TLS_WAIT: `read` would wait. */
  ErmineTlsState (*readable)(void* session);
  /* How many bytes `write` takes now. */
  size_t (*room)(void* session);
  ErmineTlsState (*write)(void* session, const uint8_t* from, size_t size);
  /* Ends the program's direction. */
  ErmineTlsState (*finish)(void* session);

  /* Where bytes of the server belong, and how many; after `received`, which says how many came, there may be more
     room. `received_all`: the server's bytes are at their end. */
  size_t (*space)(void* session, uint8_t** at);
  void (*received)(void* session, size_t size);
  void (*received_all)(void* session);
  /* Bytes for the server, and how many; after `sent` there may be more. */
  size_t (*pending)(void* session, const uint8_t** at);
  void (*sent)(void* session, size_t size);

  const char* (*problem)(void* session);
} ErmineTlsPlugin;

/* What the entry of the shared object is. */
typedef const ErmineTlsPlugin* (*ErmineTlsPluginEntry)(void);

#ifdef __cplusplus
}
#endif
#endif
