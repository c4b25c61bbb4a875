/*
 * A PKCS#11 module in front of another, to which every call goes: the real one is OBSERVED_MODULE. It appends to the file OBSERVED_LOG
 * one line a call that is of interest (its process and what), lets each signature take 20 ms, and says of every slot that it is
 * hardware, which SoftHSM's says it isn't. Where the file "OBSERVED_LOG.forget" is, the next signature first closes all sessions, as a
 * token does that was pulled out and put back at once. Without the standard's header, which no package of the tests brings: only its
 * order of functions (v2.40, CK_FUNCTION_LIST) is needed.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long number;

struct functions {
  unsigned char version[2];
  void *call[68];
};

enum { FINALIZE = 1, FUNCTIONS = 3, SLOT_INFO = 5, OPEN = 12, CLOSE_ALL = 14, LOGIN = 18, SIGN = 43 };
enum { FLAGS_OF_SLOT = 96, HARDWARE = 4, FAILED = 6 };

static struct functions *real, own;
static number opened_slot;

static void note(const char *what) {
  char line[64];
  int length = snprintf(line, sizeof line, "%d %s\n", (int)getpid(), what);
  int file = open(getenv("OBSERVED_LOG"), O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (write(file, line, length) != length) abort();
  close(file);
}

static number finalize(void *reserved) {
  number answer = ((number(*)(void *))real->call[FINALIZE])(reserved);
  note("end");
  return answer;
}

static number slot_info(number slot, unsigned char *info) {
  number answer = ((number(*)(number, unsigned char *))real->call[SLOT_INFO])(slot, info);
  if (answer == 0) info[FLAGS_OF_SLOT] |= HARDWARE;
  return answer;
}

static number open_session(number slot, number flags, void *data, void *notify, number *session) {
  opened_slot = slot;
  number answer = ((number(*)(number, number, void *, void *, number *))real->call[OPEN])(slot, flags, data, notify, session);
  if (answer == 0) note("open");
  return answer;
}

static number login(number session, number user, unsigned char *pin, number length) {
  note("login");
  return ((number(*)(number, number, unsigned char *, number))real->call[LOGIN])(session, user, pin, length);
}

static number sign(number session, void *data, number length, void *signature, number *signed_length) {
  char forget[4096];
  snprintf(forget, sizeof forget, "%s.forget", getenv("OBSERVED_LOG"));
  if (unlink(forget) == 0) {
    ((number(*)(number))real->call[CLOSE_ALL])(opened_slot);
    note("forget");
  }
  note("sign");
  usleep(20000);
  number answer = ((number(*)(number, void *, number, void *, number *))real->call[SIGN])(session, data, length, signature, signed_length);
  note("signed");
  return answer;
}

static number own_functions(struct functions **list) {
  *list = &own;
  return 0;
}

number C_GetFunctionList(struct functions **list) {
  void *module = dlopen(getenv("OBSERVED_MODULE"), RTLD_NOW);
  number (*functions_of)(struct functions **) = module ? (number(*)(struct functions **))dlsym(module, "C_GetFunctionList") : NULL;
  if (functions_of == NULL || functions_of(&real) != 0) return FAILED;
  own = *real;
  own.call[FINALIZE] = finalize;
  own.call[FUNCTIONS] = own_functions;
  own.call[SLOT_INFO] = slot_info;
  own.call[OPEN] = open_session;
  own.call[LOGIN] = login;
  own.call[SIGN] = sign;
  return own_functions(list);
}
