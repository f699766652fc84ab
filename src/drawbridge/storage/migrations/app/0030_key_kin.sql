-- Keys that were proven to be of one account, where the exchange does not tell which it is: all of
-- them bear one name here. A key with a new secret may be of another account, and is proven anew.
ALTER TABLE keys ADD COLUMN kin TEXT NOT NULL DEFAULT '';

CREATE TRIGGER key_kin_forgotten AFTER UPDATE OF version ON keys BEGIN
    UPDATE keys SET kin = '' WHERE id = new.id;
END;
