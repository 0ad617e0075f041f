/* SPDX-License-Identifier: MIT */
/* Prints log files to stdout, each from where the last call left it. */
#ifndef WF_CMD_LOG_PRINT_H
#define WF_CMD_LOG_PRINT_H

#include <stdbool.h>

struct err;
struct log_file;
struct log_printer;
struct watch;

/* json: an object a line instead of the text with a head for each file. New. */
struct log_printer *log_printer_new(bool json);
/* What was added to the file since it was printed last. whole: it grows no more. A file that is
 * gone is passed over. */
int log_print(struct log_printer *printer, const struct log_file *file, bool whole,
	      struct err *err);
/* Whether any file was met. */
bool log_printer_any(const struct log_printer *printer);
void log_printer_free(struct log_printer *printer);
/* Watch the run's folder, logs/ and the folders in it. */
void logs_watch(struct watch *watch, const char *run_path);

#endif
