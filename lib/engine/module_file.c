/* SPDX-License-Identifier: MIT */
#include "module_file.h"

#include "../base/error.h"
#include "../wf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* More entries than this is no module that anybody wrote. */
#define MOST_DEFINITIONS 4096

static int map(struct module_file *ret, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot read it");
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_MODULE, "it is a folder");
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_MODULE, "it is not a regular file");
	if (!st.st_size)
		return err_set(err, ERR_MODULE, "it is empty");
	if (st.st_mode & S_IWOTH)
		return err_set(err, ERR_MODULE, "everybody can write to it; run 'chmod o-w' on it");
	ret->data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (ret->data == MAP_FAILED) {
		ret->data = NULL;
		return err_sys(err, errno, "cannot read it");
	}
	ret->size = (size_t)st.st_size;
	return 0;
}

int module_file_open(struct module_file *ret, const char *path, struct err *err)
{
	struct module_file file = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR
			       ? err_set(err, ERR_NOT_FOUND, "%s", strerror(errno))
			       : err_set(err, ERR_MODULE, "%s", strerror(errno));
	rc = map(&file, fd, err);
	close(fd);
	if (!rc)
		rc = elf_parse(&file.elf, file.data, file.size, err);
	if (!rc)
		rc = elf_loadable(&file.elf, err);
	if (rc < 0)
		module_file_close(&file);
	else
		*ret = file;
	return rc;
}

void module_file_close(struct module_file *file)
{
	if (file->data)
		munmap(file->data, file->size);
	file->data = NULL;
}

static int is_descriptor(void *arg, const struct elf_symbol *symbol)
{
	struct elf_symbol *ret = arg;

	if (!symbol->defined || strcmp(symbol->name, "wf_module"))
		return 0;
	*ret = *symbol;
	return 1;
}

static int judge_version(const wf_module_descriptor *d, struct err *err)
{
	if (d->magic != WF_MODULE_MAGIC)
		return err_set(err, ERR_MODULE,
			       "its symbol wf_module is not a descriptor of wf (magic %08x)",
			       (unsigned)d->magic);
	if (d->abi_major != WF_ABI_MAJOR || d->abi_minor > WF_ABI_MINOR)
		return err_set(err, ERR_MODULE, "it needs wf %u.%u, this is wf %u.%u", d->abi_major,
			       d->abi_minor, WF_ABI_MAJOR, WF_ABI_MINOR);
	return 0;
}

static int judge_sizes(const wf_module_descriptor *d, struct err *err)
{
	if (d->size < sizeof *d)
		return err_set(err, ERR_MODULE,
			       "its descriptor has %zu bytes, fewer than the %zu of wf %u.%u",
			       d->size, sizeof *d, d->abi_major, d->abi_minor);
	if (d->definition_size < offsetof(wf_definition, options) ||
	    d->definition_size % sizeof(void *) || d->definition_size > 65536)
		return err_set(err, ERR_MODULE, "its definitions cannot have %zu bytes each",
			       d->definition_size);
	if (!d->count)
		return err_set(err, ERR_MODULE, "it defines no workflow and no step");
	if (d->count > MOST_DEFINITIONS)
		return err_set(err, ERR_MODULE,
			       "it says that it has %zu workflows and steps, more than %d",
			       d->count, MOST_DEFINITIONS);
	return 0;
}

/* Integers need no relocation, so what the file says is what the loader would give. */
int module_file_judge(const struct module_file *file, struct err *err)
{
	struct elf_symbol symbol = {0};
	wf_module_descriptor descriptor;
	const void *at;
	int rc = elf_each_symbol(&file->elf, is_descriptor, &symbol, err);

	if (rc < 0)
		return rc;
	if (!rc)
		return err_set(err, ERR_MODULE,
			       "it has no symbol wf_module; is WF_MODULE(...) in it?");
	at = elf_at(&file->elf, symbol.address, offsetof(wf_module_descriptor, size));
	if (!at)
		return err_set(err, ERR_MODULE, "its symbol wf_module is not a descriptor of wf");
	memcpy(&descriptor, at, offsetof(wf_module_descriptor, size));
	if ((rc = judge_version(&descriptor, err)) < 0)
		return rc;
	at = elf_at(&file->elf, symbol.address, sizeof descriptor);
	if (!at)
		return err_set(err, ERR_MODULE, "its descriptor is not whole");
	memcpy(&descriptor, at, sizeof descriptor);
	return judge_sizes(&descriptor, err);
}
