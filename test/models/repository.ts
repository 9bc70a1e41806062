/**
 * Why: a model repository as people publish them: shards of weights with their index, a tokenizer, configuration, and
 * many small adapters. Made from a seed, in the real formats.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pick, type Random, seededRandom } from '../../src/base/random.ts';
import { type Tensor, tensorBytes, writeSafetensors } from './safetensors.ts';

export type ModelSize = {
  readonly shards: number;
  readonly layersPerShard: number;
  /** Width of a layer; its four square matrices hold two bytes a weight. */
  readonly width: number;
  readonly adapters: number;
};

const vocabulary = 32_000;

/** Writes the repository; resolves with its files, as paths below `folder`. */
export async function writeModel(folder: string, size: ModelSize, seed: number): Promise<string[]> {
  const shards = Array.from({ length: size.shards }, (_, shard) => shardOf(size, shard));
  const files = [...configuration(size, shards), ...tokenizer(seededRandom(seed))];
  for (const { path, tensors } of [...shards, ...adapters(size)]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeSafetensors(join(folder, path), tensors);
  }
  for (const { path, json } of [...files, ...adapterConfigurations(size)]) {
    await writeFile(join(folder, path), `${JSON.stringify(json, undefined, 2)}\n`);
  }
  return [...shards, ...adapters(size), ...files, ...adapterConfigurations(size)].map(({ path }) => path);
}

type Weights = { readonly path: string; readonly tensors: readonly Tensor[] };
type Document = { readonly path: string; readonly json: unknown };

function shardOf({ shards, layersPerShard, width }: ModelSize, shard: number): Weights {
  const number = (value: number) => String(value).padStart(5, '0');
  const layers = Array.from({ length: layersPerShard }, (_, at) => shard * layersPerShard + at);
  return {
    path: `model-${number(shard + 1)}-of-${number(shards)}.safetensors`,
    tensors: layers.flatMap((layer) => layerOf(layer, width)),
  };
}

function layerOf(layer: number, width: number): Tensor[] {
  const name = (part: string) => `model.layers.${layer}.${part}.weight`;
  const squares = ['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((part, at) => ({
    name: name(`self_attn.${part}`),
    shape: [width, width],
    seed: layer * 8 + at,
  }));
  return [...squares, { name: name('input_layernorm'), shape: [width], seed: layer * 8 + 4 }];
}

function configuration({ shards, layersPerShard, width }: ModelSize, weights: readonly Weights[]): Document[] {
  const places = weights.flatMap(({ path, tensors }) => tensors.map((tensor) => ({ path, tensor })));
  const total = places.reduce((sum, { tensor }) => sum + tensorBytes(tensor), 0);
  const config = {
    architectures: ['LlamaForCausalLM'],
    hidden_size: width,
    num_hidden_layers: shards * layersPerShard,
    torch_dtype: 'bfloat16',
    vocab_size: vocabulary,
  };
  const index = {
    metadata: { total_size: total },
    weight_map: Object.fromEntries(places.map(({ path, tensor }) => [tensor.name, path])),
  };
  return [
    { path: 'config.json', json: config },
    { path: 'generation_config.json', json: { temperature: 0.6, top_p: 0.9 } },
    { path: 'model.safetensors.index.json', json: index },
  ];
}

function tokenizer(random: Random): Document[] {
  const syllables = ['ka', 'lo', 'mi', 'ne', 'ru', 'ta', 'vo', 'sel', 'dra', 'qui', 'thon', 'berg'];
  const word = (id: number) => `${pick(random, syllables)}${pick(random, syllables)}${id}`;
  const vocab = Object.fromEntries(Array.from({ length: vocabulary }, (_, id) => [word(id), id]));
  return [
    { path: 'tokenizer.json', json: { version: '1.0', model: { type: 'BPE', vocab, merges: [] } } },
    { path: 'tokenizer_config.json', json: { tokenizer_class: 'PreTrainedTokenizerFast' } },
  ];
}

function adapters({ adapters: count }: ModelSize): Weights[] {
  return Array.from({ length: count }, (_, at) => ({
    path: `adapters/${at}/adapter_model.safetensors`,
    tensors: ['lora_A', 'lora_B'].map((name, side) => ({ name, shape: [8, 512], seed: 2 ** 20 + at * 2 + side })),
  }));
}

function adapterConfigurations({ adapters: count }: ModelSize): Document[] {
  return Array.from({ length: count }, (_, at) => ({
    path: `adapters/${at}/adapter_config.json`,
    json: { peft_type: 'LORA', r: 8, lora_alpha: 16 + at },
  }));
}
