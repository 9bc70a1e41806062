import { frontConformance } from '../front.conformance.ts';

frontConformance('fast', { pipeline: 'held back' });
