/** How a value is read, alone or with the seconds for which the answer may be cached. */
type As<T extends string> = T | { type: T; cacheTtl?: number };
type AsText = "text" | { type?: "text"; cacheTtl?: number };

/** A pair whose value is text, JSON or bytes, and one of which nothing is known. */
export type TextPair<M = unknown> = { text: string; metadata: M };
export type JsonPair<V, M = unknown> = { json: V; metadata: M };
export type BytesPair<M = unknown> = { bytes: ArrayBuffer; metadata: M };
export type AnyPair = { text: string; json: unknown; metadata: unknown };

/** The keys of a family, what they begin with, and the pair of each. */
type Family = [keys: string, prefix: string, pair: { metadata: unknown }];

/** The keys of entries and families, or those whose values are in a format. */
type KeyOf<E, F extends Family[], Format extends string = "metadata"> =
  | { [K in keyof E & string]: E[K] extends Record<Format, unknown> ? K : never }[keyof E & string]
  | Extract<F[number], [string, string, Record<Format, unknown>]>[0];

/** The keys that can begin with a prefix. */
type KeyWith<E, F extends Family[], P extends string> =
  | Extract<keyof E & string, `${P}${string}`>
  | FamilyWith<F[number], P>;
type FamilyWith<F extends Family, P extends string> =
  F extends Family
    ? P extends `${F[1]}${string}` ? F[0] : F[1] extends `${P}${string}` ? F[0] : never
    : never;

/** The pair of a key. Of several families, the first one tells. */
type PairOf<E, F extends Family[], K> =
  | E[Extract<K, keyof E>]
  | PairOfFamily<F, Exclude<K, keyof E>>;
type PairOfFamily<F extends Family[], K> =
  F extends [infer First extends Family, ...infer Others extends Family[]]
    ? K extends First[0] ? First[2] : PairOfFamily<Others, K>
    : never;
type ValueOf<E, F extends Family[], K> =
  PairOf<E, F, K> extends infer Pair ? Pair extends { json: infer V } ? V : never : never;
type MetadataOf<E, F extends Family[], K> =
  PairOf<E, F, K> extends infer Pair ? Pair extends { metadata: infer M } ? M : never : never;

type Found<V, M> = { value: V | null; metadata: M | null; cacheStatus: string | null };
type Listed<K, M> = { keys: Array<{ name: K; expiration?: number; metadata?: M }>; cacheStatus: string | null } & (
  | { list_complete: false; cursor: string }
  | { list_complete: true; cursor?: undefined }
);

/** A binding of a Worker with these entries and families. */
interface Binding<E, F extends Family[]> {
  // The compiler tells of the last one that does not fit: mostly the one for JSON.
  get(key: KeyOf<E, F>, type: As<"arrayBuffer">): Promise<ArrayBuffer | null>;
  get(key: KeyOf<E, F>, type: As<"stream">): Promise<ReadableStream | null>;
  get<K extends KeyOf<E, F, "text">>(keys: K[], type?: AsText): Promise<Map<K, string | null>>;
  get<K extends KeyOf<E, F, "json">>(keys: K[], type: As<"json">): Promise<Map<K, ValueOf<E, F, K> | null>>;
  get<K extends KeyOf<E, F, "text">>(key: K, type?: AsText): Promise<string | null>;
  get<K extends KeyOf<E, F, "json">>(key: K, type: As<"json">): Promise<ValueOf<E, F, K> | null>;

  getWithMetadata<K extends KeyOf<E, F>>(
    key: K,
    type: As<"arrayBuffer">,
  ): Promise<Found<ArrayBuffer, MetadataOf<E, F, K>>>;
  getWithMetadata<K extends KeyOf<E, F>>(
    key: K,
    type: As<"stream">,
  ): Promise<Found<ReadableStream, MetadataOf<E, F, K>>>;
  getWithMetadata<K extends KeyOf<E, F, "text">>(
    keys: K[],
    type?: AsText,
  ): Promise<Map<K, Found<string, MetadataOf<E, F, K>>>>;
  getWithMetadata<K extends KeyOf<E, F, "json">>(
    keys: K[],
    type: As<"json">,
  ): Promise<Map<K, Found<ValueOf<E, F, K>, MetadataOf<E, F, K>>>>;
  getWithMetadata<K extends KeyOf<E, F, "text">>(
    key: K,
    type?: AsText,
  ): Promise<Found<string, MetadataOf<E, F, K>>>;
  getWithMetadata<K extends KeyOf<E, F, "json">>(
    key: K,
    type: As<"json">,
  ): Promise<Found<ValueOf<E, F, K>, MetadataOf<E, F, K>>>;

  put<K extends KeyOf<E, F>>(
    key: K,
    value: string | ArrayBuffer | ArrayBufferView | ReadableStream,
    options?: { expiration?: number; expirationTtl?: number; metadata?: MetadataOf<E, F, K> | null },
  ): Promise<void>;
  delete(key: KeyOf<E, F>): Promise<void>;
  list<P extends string = "">(
    options?: { prefix?: P | null; limit?: number | null; cursor?: string | null },
  ): Promise<Listed<KeyWith<E, F, P>, MetadataOf<E, F, KeyWith<E, F, P>>>>;
}
