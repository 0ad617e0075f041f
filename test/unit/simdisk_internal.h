/* SPDX-License-Identifier: MIT */
/* What the files of the simulated disk share. */
#ifndef WF_TEST_SIMDISK_INTERNAL_H
#define WF_TEST_SIMDISK_INTERNAL_H

#include "simdisk.h"

#include <errno.h>

#define PAGE 4096
#define SECTOR 512
#define HANDLES 256

struct bytes {
	char *data;
	uint64_t size, room; /* room: allocated; what is beyond size is zero */
};

/* A name in a folder. */
struct entry {
	struct entry *next;
	struct inode *inode;
	char name[];
};

struct inode {
	struct inode *next; /* all of the disk */
	enum os_kind kind;
	uint64_t number;
	mode_t mode;
	int64_t mtime;           /* ms */
	struct bytes seen, kept; /* a file's: what a read gives, what a power cut cannot take */
	bool *dirty;             /* for each page of seen: the next sync writes it */
	uint64_t pages;          /* how many dirty has */
	bool size_dirty;
	struct entry *names, *kept_names; /* a folder's, in the same two senses */
	struct handle *locked_by;
	bool reached;
};

struct handle {
	struct inode *inode; /* NULL: free */
	int flags;
	bool direct;
};

/* A name that gets another inode, or none. */
struct change {
	struct inode *folder;
	char *name;
	struct inode *inode;
};

/* A making, renaming or removing that no sync_dir has seen. */
struct deed {
	struct deed *next; /* a later one */
	struct change changes[2];
	int count;
	struct inode *subject;
	bool taken;
};

struct simdisk {
	struct os os; /* first: the handle of every call */
	uint64_t chance;
	struct inode *inodes, *root;
	struct deed *deeds;
	struct handle handles[HANDLES];
	uint64_t next_number;
	unsigned long calls, cut_at;
	unsigned long until_failure, until_short; /* how many more that could; 0: none */
	int error, unit; /* unit: what direct writes are to be multiples of; 0: there are none */
	int error_behind_short;
	bool short_one, was_short; /* one byte; the write before this one was cut short */
	bool off, struck;
	enum sim_call struck_call;
	int64_t now, monotonic;
};

/* What becomes of a call. */
enum fate { GO_ON, FAIL, CUT_BEFORE, CUT_AFTER };

static inline struct simdisk *disk_of(struct os *os)
{
	return (struct simdisk *)os;
}

static inline int ended(enum fate fate, int rc)
{
	return fate == CUT_AFTER ? -EIO : rc;
}

/* Count a call and tell what becomes of it; ret_rc is what it returns unless it goes on. */
enum fate sim_count(struct simdisk *disk, enum sim_call call, int *ret_rc);
/* How many bytes of n a write that goes on takes. */
size_t sim_shorten(struct simdisk *disk, size_t n);

/* For calls that either happen or do not: the call goes on behind this line if it happens. */
#define CALL(disk, call, rc) \
	int rc; \
	enum fate fate = sim_count(disk, call, &rc); \
	if (fate == FAIL || fate == CUT_BEFORE) \
	return rc

void *sim_alloc(size_t n);
struct inode *inode_new(struct simdisk *disk, enum os_kind kind, mode_t mode);
void inode_free(struct inode *inode);

/* Names. */
struct inode *names_get(const struct entry *names, const char *name);
void names_set(struct entry **names, const char *name, struct inode *inode);
/* Change names now, and remember it as one deed. */
void deed_do(struct simdisk *disk, struct inode *subject, const struct change *changes, int count);
void deeds_sync(struct simdisk *disk, struct inode *folder); /* NULL: all */
void deeds_cut(struct simdisk *disk);

/* Data. */
void file_write(struct simdisk *disk, struct inode *file, const void *data, uint64_t n,
		uint64_t offset);
void file_resize(struct inode *file, uint64_t size);
void file_sync(struct inode *file);
void file_sync_failed(struct simdisk *disk, struct inode *file);
void file_cut(struct simdisk *disk, struct inode *file);

/* Calls. */
int sim_open(struct os *os, const char *path, int flags, mode_t mode);
int sim_close(struct os *os, int fd);
ssize_t sim_pread(struct os *os, int fd, void *data, size_t n, uint64_t offset);
ssize_t sim_pwrite(struct os *os, int fd, const void *data, size_t n, uint64_t offset);
int sim_sync(struct os *os, int fd);
int sim_sync_dir(struct os *os, const char *path);
int sim_truncate(struct os *os, int fd, uint64_t size);
int sim_direct(struct os *os, int fd, bool on);
int sim_fstat(struct os *os, int fd, struct os_stat *ret);
int sim_lstat(struct os *os, const char *path, struct os_stat *ret);
int sim_mkdir(struct os *os, const char *path, mode_t mode);
int sim_rename(struct os *os, const char *from, const char *to);
int sim_link(struct os *os, const char *from, const char *to);
int sim_unlink(struct os *os, const char *path);
int sim_rmdir(struct os *os, const char *path);
int sim_list(struct os *os, const char *path,
	     int (*each)(void *arg, const char *name, enum os_kind kind), void *arg);
int sim_lock(struct os *os, int fd, bool wait);
int sim_lock_query(struct os *os, int fd);
void sim_fill_stat(const struct inode *inode, struct os_stat *ret);
/* The folder that path is in, and the last part of it ("" for "/"). 0 or -errno. */
int sim_walk(struct simdisk *disk, const char *path, struct inode **ret_folder, char ret_name[256]);

#endif
