import type { CorpusPackages } from './corpus-packages.ts';
import { squash } from './squash.ts';

/** Tags of icons by squashed name. */
export interface IconTags {
  /** Tags pooled over the vendors of training sets. */
  readonly pooled: ReadonlyMap<string, readonly string[]>;
  /** Tags of each validation set, kept apart so that they never reach training. */
  readonly own: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
}

interface Vendor {
  readonly package: string;
  /** Set that the tags describe. */
  readonly set: string;
  readonly validation?: true;
  readonly read: (packages: CorpusPackages) => Iterable<readonly [string, readonly string[]]>;
}

const maxTagLength = 40;

const vendors: readonly Vendor[] = [
  {
    package: '@tabler/icons',
    set: 'tabler',
    read: (packages) =>
      Object.entries(
        packages.json<Record<string, { tags: readonly string[] }>>('@tabler/icons', 'icons.json'),
      ).map(([name, { tags }]) => [name, tags]),
  },
  {
    package: 'lucide-static',
    set: 'lucide',
    read: (packages) =>
      Object.entries(
        packages.json<Record<string, readonly string[]>>('lucide-static', 'tags.json'),
      ),
  },
  {
    package: '@fortawesome/fontawesome-free',
    set: 'fa7-solid',
    read: (packages) =>
      Object.entries(
        packages.json<Record<string, { search: { terms: readonly string[] } }>>(
          '@fortawesome/fontawesome-free',
          'metadata/icon-families.json',
        ),
      ).map(([name, { search }]) => [name, search.terms]),
  },
  {
    package: '@mdi/svg',
    set: 'mdi',
    read: (packages) =>
      packages
        .json<{ name: string; aliases: readonly string[]; tags: readonly string[] }[]>(
          '@mdi/svg',
          'meta.json',
        )
        .map(({ name, aliases, tags }) => [
          name,
          [
            ...aliases.map((alias) => alias.replaceAll('-', ' ')),
            ...tags.flatMap((tag) => tag.split(/ [/+] /)),
          ],
        ]),
  },
  {
    package: '@phosphor-icons/core',
    set: 'ph',
    validation: true,
    read: (packages) =>
      packages
        .module<{ icons: { name: string; tags: readonly string[] }[] }>('@phosphor-icons/core')
        .icons.map(({ name, tags }) => [name, tags.filter((tag) => !tag.startsWith('*'))]),
  },
];

/** List the packages whose versions decide the tags of the sets. */
export function iconTagPackages(sets: ReadonlySet<string>): readonly string[] {
  return vendors.filter(({ set }) => sets.has(set)).map((vendor) => vendor.package);
}

/** Read the tags of the sets; icons with the same squashed name share the tags of all vendors. */
export function readIconTags(packages: CorpusPackages, sets: ReadonlySet<string>): IconTags {
  const pooled = new Map<string, Set<string>>();
  const own = new Map<string, ReadonlyMap<string, readonly string[]>>();
  for (const vendor of vendors) {
    if (!sets.has(vendor.set)) continue;
    const pools = vendor.validation === true ? new Map<string, Set<string>>() : pooled;
    for (const [name, tags] of vendor.read(packages)) {
      const key = squash(name);
      const pool = pools.get(key) ?? new Set();
      for (const tag of tags) {
        const clean = String(tag).trim().toLowerCase();
        if (clean !== '' && clean.length < maxTagLength) pool.add(clean);
      }
      pools.set(key, pool);
    }
    if (vendor.validation === true) own.set(vendor.set, listed(pools));
  }
  return { pooled: listed(pooled), own };
}

function listed(pools: ReadonlyMap<string, ReadonlySet<string>>): IconTags['pooled'] {
  return new Map([...pools].map(([name, tags]) => [name, [...tags]]));
}
