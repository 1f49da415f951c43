/**
 * Words for Unicode's subgroups of emoji, by group. They were written from the ids and common
 * sense, not from annotations. `scripts/choose-templates.ts` compares them with the bare ids.
 */
const words: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'smileys-emotion': {
    'face-smiling': [
      'smiling face',
      'happy face',
      'grinning face',
      'laughing face',
      'winking face',
    ],
    'face-affection': ['face with love', 'kissing face', 'face with hearts'],
    'face-tongue': ['face with tongue', 'tongue out', 'yummy face'],
    'face-hand': ['face with hand', 'hugging face', 'hand over mouth', 'thinking face'],
    'face-neutral-skeptical': [
      'neutral face',
      'skeptical face',
      'face without expression',
      'smirking face',
      'rolling eyes',
    ],
    'face-sleepy': ['sleepy face', 'sleeping face', 'tired face'],
    'face-unwell': [
      'sick face',
      'unwell face',
      'face with mask',
      'dizzy face',
      'hot face',
      'cold face',
    ],
    'face-hat': ['face with hat', 'party face', 'disguised face'],
    'face-glasses': ['face with glasses', 'face with sunglasses', 'nerd face'],
    'face-concerned': [
      'sad face',
      'worried face',
      'crying face',
      'surprised face',
      'fearful face',
      'confused face',
    ],
    'face-negative': ['angry face', 'devil', 'skull', 'evil face'],
    'face-costume': ['clown', 'ghost', 'monster', 'alien', 'robot', 'poo'],
    'cat-face': ['cat face', 'smiling cat', 'crying cat'],
    'monkey-face': ['monkey face', 'monkey covering face'],
    heart: ['heart', 'love', 'coloured heart'],
    emotion: ['emotion', 'comic symbol', 'speech bubble', 'explosion', 'kiss'],
  },
  'people-body': {
    'hand-fingers-open': ['open hand', 'waving hand', 'raised hand'],
    'hand-fingers-partial': ['hand with fingers', 'ok hand', 'victory hand', 'pinching hand'],
    'hand-single-finger': ['pointing finger', 'index pointing', 'finger'],
    'hand-fingers-closed': ['fist', 'thumbs up', 'thumbs down', 'closed hand'],
    hands: ['hands', 'clapping hands', 'handshake', 'folded hands'],
    'hand-prop': ['writing hand', 'selfie', 'nail polish'],
    'body-parts': ['body part', 'arm', 'leg', 'ear', 'eye', 'mouth', 'nose'],
    person: ['person', 'man', 'woman', 'child', 'baby', 'old person', 'hair'],
    'person-gesture': [
      'person gesturing',
      'person shrugging',
      'person raising hand',
      'person bowing',
    ],
    'person-role': [
      'worker',
      'profession',
      'doctor',
      'teacher',
      'police officer',
      'farmer',
      'cook',
      'artist',
      'prince',
      'bride',
    ],
    'person-fantasy': [
      'fantasy',
      'magic person',
      'superhero',
      'fairy',
      'vampire',
      'zombie',
      'mermaid',
      'santa claus',
    ],
    'person-activity': [
      'person walking',
      'person running',
      'person kneeling',
      'dancing',
      'massage',
      'wheelchair',
    ],
    'person-sport': [
      'person doing sport',
      'athlete',
      'swimming',
      'surfing',
      'cycling',
      'weight lifting',
      'skiing',
    ],
    'person-resting': ['person resting', 'person in bed', 'person in bath', 'meditation'],
    family: ['family', 'couple', 'parents and children', 'couple kissing', 'holding hands'],
    'person-symbol': ['silhouette', 'footprints', 'people hugging', 'speaking head'],
  },
  'animals-nature': {
    'animal-mammal': [
      'animal',
      'mammal',
      'dog',
      'cat',
      'horse',
      'cow',
      'pig',
      'mouse',
      'bear',
      'lion',
      'elephant',
    ],
    'animal-bird': ['bird', 'chicken', 'duck', 'owl'],
    'animal-amphibian': ['amphibian', 'frog'],
    'animal-reptile': ['reptile', 'snake', 'turtle', 'dinosaur', 'dragon'],
    'animal-marine': ['sea animal', 'fish', 'whale', 'octopus', 'shell'],
    'animal-bug': ['bug', 'insect', 'butterfly', 'ant', 'spider'],
    'plant-flower': ['flower', 'blossom', 'rose'],
    'plant-other': ['plant', 'tree', 'leaf', 'mushroom'],
  },
  'food-drink': {
    'food-fruit': ['fruit', 'apple', 'orange', 'berry'],
    'food-vegetable': ['vegetable', 'carrot', 'pepper', 'nut'],
    'food-prepared': ['prepared food', 'meal', 'meat', 'bread', 'cheese', 'sandwich', 'pizza'],
    'food-asian': ['asian food', 'japanese food', 'rice', 'sushi', 'noodles'],
    'food-sweet': ['sweet food', 'dessert', 'candy', 'cake', 'ice cream'],
    drink: ['drink', 'beverage', 'glass', 'alcohol', 'coffee', 'bottle'],
    dishware: ['dishware', 'cutlery', 'fork and knife', 'plate'],
  },
  'travel-places': {
    'place-map': ['map', 'globe', 'world', 'compass'],
    'place-geographic': ['mountain', 'landscape', 'beach', 'desert', 'island'],
    'place-building': ['building', 'house', 'office building', 'shop', 'hospital', 'castle'],
    'place-religious': ['religious building', 'church', 'mosque', 'temple'],
    'place-other': ['place', 'city', 'sunset', 'amusement park', 'fountain', 'tent'],
    'transport-ground': ['vehicle', 'car', 'train', 'bus', 'truck', 'bicycle', 'road', 'traffic'],
    'transport-water': ['boat', 'ship', 'anchor'],
    'transport-air': ['airplane', 'aircraft', 'helicopter', 'rocket'],
    hotel: ['hotel', 'luggage', 'bell'],
    time: ['time', 'clock', 'watch', 'hourglass'],
    'sky-weather': ['weather', 'sky', 'moon', 'sun', 'star', 'cloud', 'rain', 'snow'],
  },
  activities: {
    event: ['event', 'celebration', 'party', 'holiday', 'gift', 'ticket'],
    'award-medal': ['award', 'medal', 'trophy'],
    sport: ['sport', 'ball', 'sports equipment', 'skates', 'boxing'],
    game: ['game', 'toy', 'playing card', 'dice', 'puzzle'],
    'arts-crafts': ['art', 'craft', 'painting', 'sewing', 'theatre'],
  },
  objects: {
    clothing: [
      'clothing',
      'shirt',
      'trousers',
      'dress',
      'shoe',
      'hat',
      'glasses',
      'bag',
      'jewellery',
    ],
    sound: ['sound', 'speaker', 'bell', 'megaphone', 'volume'],
    music: ['music', 'musical note', 'microphone', 'headphones'],
    'musical-instrument': ['musical instrument', 'guitar', 'drum', 'trumpet', 'piano'],
    phone: ['phone', 'telephone', 'pager'],
    computer: ['computer', 'laptop', 'keyboard', 'printer', 'disk', 'battery'],
    'light-video': ['camera', 'video', 'lamp', 'light', 'film', 'magnifying glass'],
    'book-paper': ['book', 'paper', 'newspaper', 'document', 'bookmark'],
    money: ['money', 'banknote', 'coin', 'credit card'],
    mail: ['mail', 'envelope', 'letter', 'mailbox', 'package'],
    writing: ['writing', 'pen', 'pencil', 'brush'],
    office: ['office', 'folder', 'calendar', 'chart', 'clipboard', 'scissors', 'pin'],
    lock: ['lock', 'key'],
    tool: ['tool', 'hammer', 'weapon', 'wrench', 'screw', 'chain'],
    science: ['science', 'laboratory', 'microscope', 'telescope'],
    medical: ['medical', 'medicine', 'syringe', 'pill'],
    household: ['household', 'furniture', 'chair', 'bathroom', 'cleaning', 'soap'],
    'other-object': ['object', 'cigarette', 'coffin', 'statue', 'identification card'],
  },
  symbols: {
    'transport-sign': ['public sign', 'restroom', 'airport sign', 'wheelchair symbol'],
    warning: ['warning', 'prohibited', 'forbidden', 'no entry', 'radioactive'],
    arrow: ['arrow', 'direction'],
    religion: ['religion', 'religious symbol', 'cross', 'star and crescent'],
    zodiac: ['zodiac', 'horoscope', 'star sign'],
    'av-symbol': ['play button', 'media button', 'pause button'],
    gender: ['gender', 'female sign', 'male sign'],
    math: ['math', 'plus', 'minus', 'equals'],
    punctuation: ['punctuation', 'question mark', 'exclamation mark'],
    currency: ['currency', 'dollar sign', 'currency exchange'],
    'other-symbol': ['symbol', 'mark', 'check mark', 'recycling'],
    keycap: ['keycap', 'number', 'digit'],
    alphanum: ['letter button', 'alphabet', 'japanese button', 'text button'],
    geometric: ['geometric shape', 'circle', 'square', 'triangle', 'diamond'],
  },
  flags: {
    flag: ['flag', 'waving flag', 'checkered flag'],
    'country-flag': ['country flag', 'national flag'],
    'subdivision-flag': ['flag of region', 'subdivision flag'],
  },
};

const bySubgroup = new Map(Object.values(words).flatMap((group) => Object.entries(group)));

/**
 * List names for the contents of a Unicode group or subgroup: the words of its id, then plain
 * words. A group has the plain words of all its subgroups.
 *
 * @param label - "food-drink", "animal-bug"
 */
export function emojiClassNames(label: string): readonly string[] {
  const isGroup = Object.hasOwn(words, label);
  const ids = isGroup ? label.split('-') : [label.replaceAll('-', ' ')];
  return [...new Set([...ids, ...plainWords(label)])];
}

/** List only the plain words for a group or subgroup; an unknown one has none. */
export function plainWords(label: string): readonly string[] {
  if (Object.hasOwn(words, label)) return Object.values(words[label]).flat();
  return bySubgroup.get(label) ?? [];
}

/** List the subgroups of a group. */
export function subgroupsOf(group: string): readonly string[] {
  return Object.keys(words[group] ?? {});
}
